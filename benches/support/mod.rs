//! Synthetic registers of any size: a hundred tables to a service, twelve columns to a table, with keys,
//! indexes, checks, foreign keys to the table before, and references to the first service.

use std::fmt::Write;

/// How many tables a service has.
const TABLES_PER_SERVICE: usize = 100;

/// The text of a register of about this many tables; sound, so that every stage has all of its work.
pub fn register(tables: usize) -> String {
    let services = tables.div_ceil(TABLES_PER_SERVICE).max(1);
    let mut text = String::with_capacity(tables * 1000);
    text.push_str(
        "platform synthetic {\n    postgres version=\"16.3\"\n}\nteam everyone contact=\"#everyone\"\n",
    );
    for server in 0..services.div_ceil(5) {
        let _ = writeln!(text, "server server-{server} class=db.t3.small storage-gb=50 max-connections=2000");
    }
    for service in 0..services {
        let count = TABLES_PER_SERVICE.min(tables.saturating_sub(service * TABLES_PER_SERVICE)).max(1);
        push_service(&mut text, service, count);
    }
    text
}

fn push_service(text: &mut String, service: usize, tables: usize) {
    let _ = writeln!(
        text,
        "service service-{service} team=everyone {{\n    database synthetic_{service} on=server-{} pool=5\n    \
         enum state_{service} new open done\n    deploy image=\"registry.example/synthetic/service-{service}\" {{\n        \
         scale min=2 max=4\n    }}",
        service / 5
    );
    for table in 0..tables {
        push_table(text, service, table);
    }
    if service == 0 {
        text.push_str(
            "    topic synthetic.root of=t_0_0 key=id {\n        carries code\n        event RootCreated when=created\n        \
             event RootUpdated when=updated\n        event RootDeleted when=deleted\n    }\n    api {\n        get t_0_0\n        \
             exists t_0_0\n    }\n",
        );
    } else {
        text.push_str("    consumes service-0.RootCreated service-0.RootUpdated\n");
    }
    text.push_str("}\n");
}

fn push_table(text: &mut String, service: usize, table: usize) {
    let entity = if service == 0 && table == 0 { " entity=Root" } else { "" };
    let _ = write!(
        text,
        "    table t_{service}_{table}{entity} {{\n        column id uuid default-sql=\"gen_random_uuid()\"\n        \
         column code \"varchar(64)\" summary=\"the code, unique\"\n        column title text\n        \
         column body text nullable\n        column amount \"numeric(12,2)\" default=0\n        \
         column position integer default=0\n        column state state_{service} default=new\n        \
         column tags \"text[]\" default-sql=\"'{{}}'\"\n        column extra jsonb nullable\n        \
         column parent_key uuid nullable\n        column root_key uuid nullable\n        \
         column created_at timestamptz default-sql=\"now()\"\n        primary-key id\n        unique code\n        \
         index state \"created_at desc\" where=\"state <> 'done'\"\n        check amount_not_negative \"amount >= 0\"\n"
    );
    if table > 0 {
        let _ = write!(
            text,
            "        foreign-key parent_key to=t_{service}_{} on-delete=set-null\n        index parent_key\n",
            table - 1
        );
    }
    if service > 0 {
        text.push_str("        reference root_key to=service-0.t_0_0 on-delete=nullify\n");
    }
    text.push_str("    }\n");
}
