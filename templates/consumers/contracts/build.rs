//! Compiles the module of Protobuf beside this workspace. No `protoc` is needed.

use prost::Message;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The module, from this crate.
const MODULE: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={MODULE}");
    let files = files_below(Path::new(MODULE))?;
    let descriptors = protox::compile(&files, [MODULE])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().include_file("contracts.rs").compile_fds(descriptors)?;
    Ok(())
}

/// Every file of Protobuf in a folder and those below, in order.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
