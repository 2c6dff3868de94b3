use freehold::{semantic, source::Disk};
fn main() {
    let path = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let loaded = semantic::load(&Disk::new(path.parent().unwrap()), path.file_name().unwrap().as_ref());
    for f in &loaded.findings {
        println!("{} {}", f.rule, f.message);
        for l in &f.labels { let p = loaded.sources.line_column(l.place); println!("   {}:{}:{} {}", loaded.sources.file(l.place.file).path.display(), p.line, p.column, l.message); }
        if let Some(h) = &f.help { println!("   help: {h}"); }
        if let Some(h) = &f.fix { println!("   fix: {h}"); }
    }
    if let Some(f) = &loaded.failure { println!("{f:?}"); }
    if std::env::args().nth(2).is_some() { println!("{:#?}", loaded.register); }
    println!("{} services {} tables {} refs {} topics {} rpcs", loaded.register.services.len(), loaded.register.tables.len(), loaded.register.references.len(), loaded.register.topics.len(), loaded.register.rpcs.len());
}
