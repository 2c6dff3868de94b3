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

/// Such rules can be turned off; what is written then is poor, but it still is Protobuf.
#[test]
fn a_table_without_a_key_or_an_entity_still_gives_a_module() {
    let text =
        "platform nova { lint entity-name-missing level=off; lint table-without-primary-key level=off }
        team t
        service a team=t { summary x
            table rows { column n int }
            api { get rows; list rows; batch-get rows; exists rows } }
        service import team=t { summary x; api { rpc Do } }";
    let compiled = compile_text(text);
    assert!(compiled.pool.get_service_by_name("nova.import_service.v1.ImportService").is_some());
    let rows = compiled.pool.get_message_by_name("nova.a.v1.Rows").unwrap();
    assert_eq!(rows.fields().len(), 1);
}
