//! What a reader sees, and hostile text: in names where the rule about names is turned off, in summaries everywhere.

use super::{compile_text, nova};

#[test]
fn every_comment_line_is_short_and_every_file_ends_with_one_line_feed() {
    for (path, text) in &nova().texts {
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}");
        assert!(!text.contains("\n\n\n"), "{path}: two empty lines");
        for line in text.lines() {
            assert_eq!(line.trim_end(), line, "{path}");
            assert!(!line.trim_start().starts_with("//") || line.chars().count() <= 100, "{path}: {line}");
        }
    }
}

#[test]
fn no_private_column_of_nova_is_in_its_messages() {
    let compiled = nova();
    let register = &compiled.checked.register;
    let mut private = 0;
    for table in register.tables.values() {
        let Some(entity) = &table.entity else { continue };
        let service = register.services[table.service].name.value.replace('-', "_");
        for column in table.columns.iter().filter(|column| column.private) {
            private += 1;
            for message in compiled.pool.all_messages() {
                let is_own = message.package_name().starts_with(&format!("nova.{service}."));
                let found = message.get_field_by_name(&column.name.value);
                assert!(!is_own || found.is_none(), "{} has {}", message.full_name(), column.name.value);
            }
        }
        assert!(!entity.value.is_empty());
    }
    assert!(private > 1, "Nova has private columns in tables that it serves");
}

#[test]
fn hostile_text_stays_a_comment() {
    let hostile = r#"*/ }\nmessage Evil {}\r\n// buf:lint:ignore PACKAGE_DEFINED \u{1b}[31m \u{2028}x\n    fn main() {}\n```\nlet x;\n```"#;
    let text = format!(
        "team t\nservice s team=t {{ summary \"{hostile}\"; excludes \"{hostile}\"
        enum e summary=\"{hostile}\" {{ value v summary=\"{hostile}\" }}
        table r entity=R summary=\"{hostile}\" {{ column id uuid primary-key summary=\"{hostile}\"; column k e }}
        api {{ get r summary=\"{hostile}\"
            rpc Do summary=\"{hostile}\" {{ request {{ field f text summary=\"{hostile}\" }} }} }} }}"
    );
    let compiled = compile_text(&text);
    assert!(compiled.pool.get_message_by_name("s.v1.Evil").is_none());
    let shown: usize = compiled.texts.values().map(|text| text.matches("message Evil {}").count()).sum();
    assert!(shown >= 8, "{shown}");
    for text in compiled.texts.values() {
        assert!(!text.contains("```") && !text.contains(['\u{1b}', '\u{2028}', '\r']), "{text}");
        assert!(!text.contains("//    "), "{text}");
    }
}

/// Rules can be turned off; what is written then is ugly, but it still is Protobuf.
#[test]
fn names_that_no_rule_refused_are_still_names() {
    let text = "platform nova { lint illegal-name level=off; lint name-collision level=off; lint entity-name-missing level=off
            lint table-without-primary-key level=off; lint private-column-exposed level=off }
        team t
        service \"a b;\" team=t { summary x
            enum \"e;\" \"ä\" \"ö\" unspecified \"1\"
            table r { column \"é }\" \"e;\"; column \"a\\\"b\" text; column a_b text; column aB text nullable }
            api { get r; list r by=\"é }\"; batch-get r
                rpc \"x y;\" { request { field \"1;\" text; field x text; field \"é\" \"e;\" } }
                rpc Xy { response { field \"ö;\" text; field values \"text[]\" nullable } } } }
        service import team=t { summary x; api { rpc Do } }";
    let compiled = compile_text(text);
    assert!(compiled.pool.get_service_by_name("nova.import_service.v1.ImportService").is_some());
    assert_eq!(compiled.pool.services().len(), 2);
}
