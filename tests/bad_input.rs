//! Input that is wrong, hostile or huge: a finding with a place, exit code 1, no panic, no hang, no file touched.
#![expect(clippy::disallowed_methods, reason = "these tests prepare and look at real folders")]

mod program;

use program::{project, put, run, tree};
use std::path::Path;

/// Checks and builds a project that is wrong: findings of some rules, each with a place, and nothing is written.
fn refused(folder: &Path) -> Vec<String> {
    let before = tree(folder);
    let json = run(folder, "check --format json");
    assert_eq!(json.code, 1, "{}{}", json.stdout, json.stderr);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    let findings = document["findings"].as_array().expect("a list");
    for finding in findings {
        assert!(finding["file"].is_string() && finding["line"].is_u64(), "no place: {finding}");
    }
    for format in ["human", "github", "sarif", "json"] {
        let shown = run(folder, &format!("check --format {format}"));
        assert_eq!(shown.code, 1);
        let text = format!("{}{}", shown.stdout, shown.stderr);
        let steers = ['\u{1b}', '\u{202e}', '\u{feff}', '\0', '\u{7f}'];
        assert!(!text.contains(steers), "{format}: text of a register steers the terminal");
    }
    assert_eq!(run(folder, "build").code, 1);
    assert!(tree(folder) == before, "a file was touched");
    findings.iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
}

fn refused_register(register: impl AsRef<[u8]>) -> Vec<String> {
    let folder = project("");
    put(folder.path(), "model/register.kdl", register);
    refused(folder.path())
}

#[test]
fn malformed_kdl() {
    for register in [
        "service a {",
        "}",
        "service a }",
        "\"open",
        "service a team=",
        "service \"a\\q\"",
        "service a /* open",
        "service a {;;}}",
        "service a team=true",
        "platform 1x",
        "service a=b=c",
        "#\"open\"",
        "service a \\ x",
        "(t)service a",
        "service\u{1b}[31m a",
        "\u{202e}service a",
        "service a {\n/-\n",
    ] {
        assert!(!refused_register(register).is_empty(), "{register:?}");
    }
}

#[test]
fn arguments_of_wrong_types_and_counts() {
    for register in [
        "service",
        "service 1",
        "service a b",
        "service a team=1",
        "server s storage-gb=x class=y",
        "server s class=c storage-gb=-1",
        "server s class=c storage-gb=99999999999999999999",
        "service a { table t { column id } }",
        "service a { table t { column id uuid 7 } }",
        "service a { database }",
        "service a { topic }",
        "service a { deploy port=70000 }",
        "platform p { kafka partitions=#true }",
        "platform p { budget monthly-usd=ten }",
    ] {
        assert!(!refused_register(register).is_empty(), "{register}");
    }
}

#[test]
fn a_file_that_is_no_text() {
    assert_eq!(refused_register(b"service a {}\n// \xff\xfe\n"), ["not-utf-8"]);
    assert!(!refused_register(b"service a\0b {\n}\n").is_empty());
}

#[test]
fn includes_that_lead_nowhere_elsewhere_or_round_in_a_circle() {
    assert_eq!(refused_register("include \"gone/*.kdl\"\n"), ["include-not-found"]);
    assert_eq!(refused_register("include \"../outside.kdl\"\n"), ["include-outside-root"]);
    assert_eq!(refused_register("include \"/etc/passwd\"\n"), ["include-outside-root"]);
    let folder = project("include \"a.kdl\"\n");
    std::fs::create_dir_all(folder.path().join("model")).expect("made");
    put(folder.path(), "model/a.kdl", "include \"b.kdl\"\n");
    put(folder.path(), "model/b.kdl", "include \"a.kdl\"\n");
    let json = run(folder.path(), "check --model model/register.kdl --format json");
    assert_eq!(json.code, 1);
    assert!(json.stdout.contains("include-cycle"), "{}", json.stdout);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_root_is_not_followed() {
    for include in ["parts/linked.kdl", "parts/l*.kdl"] {
        let folder = linked(include, Path::new("../../secret.kdl"));
        put(folder.path(), "secret.kdl", "a secret\n");
        assert_eq!(refused(folder.path()), ["include-outside-root"]);
        let shown = run(folder.path(), "check --model model/register.kdl");
        assert!(shown.stderr.contains("model/register.kdl:1:9"), "{}", shown.stderr);
        assert!(!shown.stderr.contains("a secret"), "{}", shown.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_no_file_is_found_at_its_include() {
    for (include, target) in
        [("linked.kdl", "gone"), ("l*.kdl", "gone"), ("linked.kdl", "."), ("l*.kdl", ".")]
    {
        assert_eq!(
            refused(linked(include, Path::new(target)).path()),
            ["include-not-found"],
            "{include} {target}"
        );
    }
}

/// A project that includes a link.
#[cfg(unix)]
fn linked(include: &str, target: &Path) -> tempfile::TempDir {
    let folder = project("");
    put(folder.path(), "model/register.kdl", format!("include \"{include}\"\n"));
    std::fs::create_dir(folder.path().join("model/parts")).expect("made");
    std::os::unix::fs::symlink(target, folder.path().join("model/parts/linked.kdl")).expect("linked");
    folder
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named_with_its_include() {
    let folder = project("\ninclude \"parts/a.kdl\"\n");
    // Links that lead to each other: nobody can read them, not even root.
    std::fs::create_dir(folder.path().join("model/parts")).expect("made");
    std::os::unix::fs::symlink("a.kdl", folder.path().join("model/parts/a.kdl")).expect("linked");
    let shown = run(folder.path(), "check --model model/register.kdl");
    assert_eq!(shown.code, 2, "{}", shown.stderr);
    assert!(shown.stderr.contains("cannot read `model/parts/a.kdl`: "), "{}", shown.stderr);
    assert!(shown.stderr.contains("; included at model/register.kdl:2:9\n"), "{}", shown.stderr);
}

#[cfg(unix)]
#[test]
fn names_of_files_are_shown_on_one_line() {
    let hostile = "a\n::error::b\u{1b}[31m.kdl";
    let folder = project("include \"parts/*.kdl\"\n");
    put(folder.path(), &format!("model/parts/{hostile}"), "nonsense\n");
    let shown = run(folder.path(), "check --model model/register.kdl");
    assert_eq!(shown.code, 1);
    assert!(shown.stderr.contains("a\\n::error::b\\u{1b}[31m.kdl:1:1"), "{}", shown.stderr);
    let github = run(folder.path(), "check --model model/register.kdl --format github");
    assert_eq!(github.stdout.lines().count(), 1, "{}", github.stdout);
    std::fs::remove_file(folder.path().join("model/parts").join(hostile)).expect("removed");
    std::os::unix::fs::symlink(hostile, folder.path().join("model/parts").join(hostile)).expect("linked");
    let shown = run(folder.path(), "check --model model/register.kdl");
    assert_eq!(shown.code, 2);
    assert_eq!(shown.stderr.lines().count(), 1, "{}", shown.stderr);
    assert!(!shown.stderr.contains('\u{1b}'), "{}", shown.stderr);
}

#[test]
fn a_character_that_is_not_allowed_is_one_finding() {
    for register in [
        "\0",
        "team a\0b\n",
        "team \"a\0b\"\n",
        "\u{feff}\u{feff}team a\n",
        "team a\n\u{feff}team b\n",
        "te\u{200e}am a",
    ] {
        assert_eq!(refused_register(register), ["kdl-character"], "{register:?}");
    }
    // Escaped it is allowed, but steers no terminal.
    assert_eq!(refused_register("team \"\\u{202e}x\"\n"), ["illegal-name"]);
}

#[test]
fn depth_without_end() {
    let braces = "a {".repeat(100_000);
    let rules = refused_register(&braces);
    assert!(rules.iter().any(|rule| rule == "kdl-nesting" || rule == "kdl-unclosed"), "{rules:?}");
    assert!(!refused_register(format!("{}{}", braces, "}".repeat(100_000))).is_empty());
    assert!(!refused_register("/*".repeat(100_000)).is_empty());
    assert!(!refused_register(format!("x {}1", "/-".repeat(100_000))).is_empty());
    assert!(!refused_register(format!("{}{}", "/- { ".repeat(50_000), "}".repeat(50_000))).is_empty());
}

#[test]
fn fifty_megabytes() {
    let summary = format!("service a {{\n    summary \"{}\"\n}}\n", "x".repeat(50_000_000));
    assert_eq!(run(project(&summary).path(), "check").code, 0);
    let comment = format!("/*{}*/\n", "x".repeat(50_000_000));
    assert_eq!(run(project(&comment).path(), "check").code, 0);
}

#[test]
fn nothing_but_mistakes() {
    let line = "nonsense \"and more of it\" key=\"value\" { child 1 2 3; }\n";
    let folder = project(&line.repeat(20_000));
    let shown = run(folder.path(), "check");
    assert_eq!(shown.code, 1);
    assert!(shown.stderr.ends_with(" errors\n"), "{}", &shown.stderr[shown.stderr.len() - 200..]);
    assert!(run(folder.path(), "check --format json").stdout.matches("\"unknown-node\"").count() >= 1000);
}

#[test]
fn very_long_names_are_cut_in_findings() {
    let long = "n".repeat(1_000_000);
    let columns = "column c wrong\n".replace('c', "c%");
    let columns: String = (0..200).map(|number| columns.replace('%', &number.to_string())).collect();
    let register = format!("service a {{ table {long} {{ {columns} primary-key {long} }} }}\n");
    let folder = project(&register);
    for format in ["human", "json", "sarif", "github"] {
        let shown = run(folder.path(), &format!("check --format {format}"));
        assert_eq!(shown.code, 1);
        let length = shown.stdout.len() + shown.stderr.len();
        assert!(length < 2_000_000, "{format}: {length} bytes");
    }
}

#[test]
fn an_empty_register_is_sound() {
    for empty in ["", "\n\n", "// nothing\n", "\u{feff}"] {
        let folder = project(empty);
        let ran = run(folder.path(), "check");
        assert_eq!(ran.code, 0, "{empty:?}: {}", ran.stderr);
        let built = run(folder.path(), "build");
        assert_eq!(built.code, 0, "{empty:?}: {}", built.stderr);
    }
}

/// Names that break out of what they are written into, where nothing quotes or refuses them.
const HOSTILE: [&str; 16] = [
    "../../etc/passwd",
    "a\\\"b",
    "a'b",
    "a\\nb",
    "${x}",
    "{{x}}",
    "{% x %}",
    "a--b",
    "--",
    "/*",
    "*/",
    "-->",
    "`a`",
    "größe",
    "select",
    "a;DROP TABLE users",
];

#[test]
fn hostile_names_are_refused_or_quoted_but_never_written_as_they_are() {
    for name in HOSTILE.into_iter().chain([&*"x".repeat(200)]) {
        for register in [
            format!("service \"{name}\" {{\n    summary \"{name}\"\n}}\n"),
            format!(
                "server s class=db.t3.small storage-gb=20\nservice a {{\n    database a on=s\n    table \"{name}\" {{\n        column \"{name}\" uuid primary-key summary=\"{name}\"\n    }}\n}}\n"
            ),
            format!(
                "team \"{name}\" contact=\"{name}\"\nservice a team=\"{name}\" {{\n    excludes \"{name}\"\n    store redis \"{name}\" {{ holds \"{name}\"; }}\n}}\n"
            ),
        ] {
            let folder = project(&register);
            let check = run(folder.path(), "check");
            assert!(check.code == 0 || check.code == 1, "{name}: {}", check.stderr);
            let build = run(folder.path(), "build");
            assert_eq!(build.code, check.code, "{name}: {}", build.stderr);
            if build.code == 0 {
                assert_eq!(run(folder.path(), "build --check").code, 0, "{name}");
            }
            for path in tree(folder.path()).keys() {
                let owned = path.starts_with("model") || path.starts_with("generated");
                assert!(owned && !path.to_string_lossy().contains(".."), "{name}: {}", path.display());
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let folder = project("include \"parts/*.kdl\"");
    std::fs::create_dir(folder.path().join("model/parts")).expect("it is made");
    let pipe = folder.path().join("model/parts/pipe.kdl");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("there is mkfifo");
    assert!(made.success());
    let checked = run(folder.path(), "check");
    assert_eq!(checked.code, 1, "{}{}", checked.stdout, checked.stderr);
    assert!(checked.stderr.contains("`parts/pipe.kdl` is no file"), "{}", checked.stderr);
}
