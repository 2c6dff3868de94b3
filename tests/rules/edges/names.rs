//! Rules of names: what is legal where a name goes, and which names become one.

use super::super::check;
use super::{SERVER, assert_found, messages, service};

fn legal(text: &str) {
    assert_found(text, &[]);
}

fn illegal(text: &str) {
    assert_found(text, &["illegal-name"]);
}

fn colliding(text: &str) {
    assert_found(text, &["name-collision"]);
}

fn table(body: &str) -> String {
    service("a", &format!("table t {{ column id uuid primary-key; {body} }}"))
}

#[test]
fn names_reach_what_is_made_of_them() {
    illegal("platform \"my platform\"");
    illegal("server a_b class=db.t3.small storage-gb=20");
    illegal("team \"a b\"");
    illegal("extern Gateway");
    illegal(&service("a", "").replace("service a", "service \"a_b\""));
    illegal(&service(&"a".repeat(41), "").replace(&format!("database {}", "a".repeat(41)), "database a"));
    illegal(&service("a", "").replace("database a", "database \"a-b\""));
    illegal(&service("a", "").replace("database a", "database postgres"));
    illegal(&service("a", "store s3 Bucket"));
    legal(&service("a", "store s3 my-bucket; store redis my_cache"));
    illegal(&service("a", "deploy image=\"i\" { env \"1ST\" x }"));
    illegal(&service("a", "deploy image=\"i\" { secret \"A-B\" }"));
}

#[test]
fn names_with_an_environment_behind_are_looked_at() {
    let with = |name: &str, body: &str| {
        format!("server {} class=db.t3.small storage-gb=20\n{body}\nenvironment {name}", "a".repeat(60))
    };
    legal(&with("b1", ""));
    illegal(&with("long", ""));
    let replicas =
        |name: &str, many: u32| format!("server {name} class=db.t3.small storage-gb=20 read-replicas={many}");
    legal(&replicas(&"a".repeat(53), 9));
    illegal(&replicas(&"a".repeat(53), 10));
    legal(&(replicas(&"a".repeat(50), 9) + "\nenvironment b1"));
    illegal(&(replicas(&"a".repeat(50), 10) + "\nenvironment b1"));
    illegal("environment Staging");
    illegal("environment terraform");
    illegal("environment staging { namespace Nova }");
    illegal(&format!("platform {} \nenvironment staging", "p".repeat(60)));
    legal(&format!("platform {} \nenvironment staging {{ namespace a }}", "p".repeat(60)));
    illegal(&(service("a", &format!("store s3 {}", "b".repeat(60))) + "environment staging"));
    illegal(
        &(service("a", "deploy image=i") + "environment staging { service a { deploy { env \"1ST\" x } } }"),
    );
}

#[test]
fn servers_share_their_names_with_those_of_other_environments() {
    let server = |name: &str| format!("server {name} class=db.t3.small storage-gb=20 read-replicas=1\n");
    legal(&(server("db") + &server("db-demo") + "environment staging"));
    colliding(&(server("db") + &server("db-staging") + "environment staging"));
    colliding(&(server("db") + &server("db-a") + "environment a-b\nenvironment b"));
    colliding(&(server("db") + &server("db-replica-1")));
    legal(&(server("db") + &server("db-replica-2")));
}

#[test]
fn buckets_share_their_names() {
    let two = |other: &str| "service a { store s3 files }\nservice b { store s3 ".to_owned() + other + " }";
    legal(&two("papers"));
    legal(&(two("files-demo") + "\nenvironment staging"));
    colliding(&(two("files-staging") + "\nenvironment staging"));
    colliding(&two("files"));
    legal("service a { store s3 files; store redis files }");
    colliding("service a { store s3 some-files; store s3 some--files }");
}

#[test]
fn names_of_read_copies_and_of_what_rpcs_and_events_say_are_looked_at() {
    let owner = service(
        "a",
        "table t entity=T { column id uuid primary-key }
        topic a.t of=t key=id { event TCreated when=created; event TUpdated when=updated; event TDeleted when=deleted }",
    );
    let copy = |copy: &str| owner.clone() + &service("b", copy);
    legal(&copy("projection ts of=a.t { key as=t_id; index t_id name=by_id }"));
    illegal(&copy("projection \"t s\" of=a.t { }"));
    illegal(&copy("projection ts of=a.t { key as=\"a\\nb\" }"));
    illegal(&copy("projection ts of=a.t { index id name=\"a\\nb\" }"));
    illegal(&table("column n int; index n name=\"a\\nb\""));
    let rpc = |name: &str, request: &str, response: &str| {
        service(
            "a",
            &format!(
                "api {{ rpc {name} {{ request {{ field {request} int }}; response {{ field {response} int }} }} }}"
            ),
        )
    };
    legal(&rpc("Do", "n", "m"));
    illegal(&rpc("\"Dö\"", "n", "m"));
    illegal(&rpc("Do", "ö", "m"));
    illegal(&rpc("Do", "n", "ö"));
    let said = "topic a.said producers=all key=n { event Said { field n int; field FIELD int } }";
    let said = |field: &str| service("a", &said.replace("FIELD", field)) + &service("b", "consumes a.Said");
    illegal(&said("ö"));
}

#[test]
fn what_generated_code_keeps_for_itself_is_no_name() {
    let rpc = |name: &str, field: &str| {
        service("a", &format!("api {{ rpc {name} {{ request {{ field {field} int }} }} }}"))
    };
    for name in ["Connect", "New", "WithOrigin", "SendCompressed"] {
        illegal(&rpc(name, "n"));
    }
    legal(&rpc("Class", "class"));
    legal(&rpc("Builder", "builder"));
    for field in ["descriptor", "defaultInstance", "proto_reflect"] {
        illegal(&rpc("Do", field));
        let columns = format!("table t entity=T {{ column id uuid primary-key; column {field} int }}");
        legal(&service("a", &columns));
        illegal(&service("a", &format!("{columns}; api {{ get t }}")));
    }
    for entity in ["Builder", "Descriptor"] {
        illegal(&service(
            "a",
            &format!("table t entity={entity} {{ column id uuid primary-key }}; api {{ get t }}"),
        ));
    }
}

#[test]
fn two_services_have_no_consumer_group_together() {
    let owner = service("a", "topic a.said producers=all key=n { event Said { field n int } }");
    let hears = |group: &str| format!("consumes a.Said{group}");
    let two =
        |one: &str, other: &str| owner.clone() + &service("b", &hears(one)) + &service("c", &hears(other));
    legal(&two("", ""));
    legal(&two(" group=x", " group=y"));
    colliding(&two(" group=x", " group=x"));
    colliding(&two("", " group=b"));
    // A service that hears nothing has no group.
    legal(&(owner.clone() + &service("b", &hears(" group=d")) + &service("d", "")));
    // One service may hear several events in one group.
    let two_events = owner.replace("event Said", "event Told { field n int }; event Said");
    let both = format!("{}; consumes a.Told group=x", hears(" group=x"));
    legal(&(two_events + &service("b", &both)));
}

#[test]
fn names_in_the_database_are_free_but_kept_whole() {
    legal(&table("column \"Größe in cm\" integer; column type text; column order text"));
    illegal(&table(&format!("column {} text", "a".repeat(64))));
    illegal(&table("column \"a\\nb\" text"));
    illegal(&table("column xmin text"));
    illegal(&table("check \"a\\u{1}\" \"id IS NOT NULL\""));
    illegal(&service("a", "table \"a b\" { column id uuid primary-key }"));
    legal(&service("a", "table ab as=\"a b\" { column id uuid primary-key }"));
    illegal(&service("a", "table ab schema=pg_x { column id uuid primary-key }"));
    illegal(&service("a", &format!("enum {} b", "e".repeat(64))));
}

#[test]
fn what_postgresql_finds_in_its_own_catalogs_is_not_named_alike() {
    for name in ["text", "integer", "int4", "path", "_text", "serial", "void", "pg_class", "trigger"] {
        illegal(&service("a", &format!("enum {name} b")));
    }
    legal(&service("a", "enum path_kind b; enum citext b; enum _kind b"));
    illegal(&service("a", "table pg_class { column id uuid primary-key }"));
    illegal(&service("a", "table t as=pg_type { column id uuid primary-key }"));
    legal(&service("a", "table pgbench { column id uuid primary-key }"));
    let pointing = "column p uuid nullable; index p; foreign-key p to=t";
    legal(&table(&format!("{pointing} name=\"it's\"")));
    illegal(&table(&format!("{pointing} name=\"a\\nb\"")));
}

#[test]
fn names_that_postgresql_gives_are_taken() {
    let numbered = "table t { column id bigint identity primary-key }; ";
    colliding(&service("a", &format!("{numbered} table t_id_seq {{ column id uuid primary-key }}")));
    colliding(&service(
        "a",
        &format!(
            "{numbered} table u {{ column id uuid; primary-key id; column c int; index c name=t_id_seq }}"
        ),
    ));
    legal(&service("a", &format!("{numbered} table t_id_seq schema=b {{ column id uuid primary-key }}")));
    let divided =
        "table t { column at date primary-key; partition at by=range { every month; from \"2026-01\" } }; ";
    for name in ["t_2026", "t_2026_01", "t_2026_01_31"] {
        colliding(&service("a", &format!("{divided} table {name} {{ column id uuid primary-key }}")));
    }
    for name in ["t_20", "t_2026_1", "t_2026_01_31_12", "u_2026", "t_a_01"] {
        legal(&service("a", &format!("{divided} table {name} {{ column id uuid primary-key }}")));
    }
}

#[test]
fn names_that_postgresql_cuts_are_taken_as_it_cuts_them() {
    let long = "a".repeat(60);
    let numbered = format!("table {long} {{ column id bigint identity primary-key }}; ");
    let other =
        |name: &str| service("a", &format!("{numbered} table {name} {{ column id uuid primary-key }}"));
    colliding(&other(&format!("{}_id_seq", &long[..56])));
    legal(&other(&format!("{}_id_seq", &long[..55])));
}

#[test]
fn names_of_the_indexes_of_partitions_are_taken() {
    let columns =
        "column a int; column b text; primary-key a; unique a b; index b; index a b where=\"a > 1\"";
    let divided = [("hash { parts 2 }", "p1"), ("list { part one 1; part other 2 }", "other")];
    for (partition, part) in divided {
        let whole = format!("table t {{ {columns}; partition a by={partition} }};");
        for name in ["pkey", "a_b_key", "b_idx", "a_b_idx"] {
            let table = format!("table t_{part}_{name} {{ column id uuid primary-key }}");
            colliding(&service("a", &format!("{whole} {table}")));
            let index = format!(
                "table u {{ column id uuid primary-key; column n int; index n name=t_{part}_{name} }}"
            );
            colliding(&service("a", &format!("{whole} {index}")));
        }
        for name in ["a_idx", "b_key", "x_pkey"] {
            legal(&service("a", &format!("{whole} table t_{part}_{name} {{ column id uuid primary-key }}")));
        }
        legal(&service("a", &format!("{whole} table t_p2_pkey {{ column id uuid primary-key }}")));
    }
}

#[test]
fn constraints_of_a_table_have_names_of_their_own() {
    let pointing = "column p uuid nullable; index p; foreign-key p to=t";
    colliding(&table(&format!("{pointing} name=c; check c \"id IS NOT NULL\"")));
    colliding(&table(&format!("{pointing} name=c; foreign-key p to=t name=c")));
    colliding(&table("column n int; unique n name=c; check c \"n > 0\""));
    legal(&table("column n int; unique n name=c where=\"n > 1\"; check c \"n > 0\""));
    legal(&service(
        "a",
        "table t { column id uuid primary-key; check c \"id IS NOT NULL\" }
        table u { column id uuid primary-key; check c \"id IS NOT NULL\" }",
    ));
}

#[test]
fn what_is_in_messages_is_legal_in_protobuf() {
    let served = "api { get t }";
    let with = |column: &str, more: &str| {
        service("a", &format!("table t entity=T {{ column id uuid primary-key; column {column} }}; {more}"))
    };
    legal(&with("größe text", ""));
    illegal(&with("größe text", served));
    legal(&with("größe text private", served));
    legal(&with("größe text", "api { exists t }"));
    legal(&with("type text", served));
    let valued = with("e kind", "enum kind \"ä\" b");
    legal(&valued);
    illegal(&(with("e kind", "enum kind \"ä\" b; api { get t }")));
    illegal(&service("a", "table t entity=\"Ä\" { column id uuid primary-key }; api { get t }"));
    let answered =
        |kind: &str| format!("enum kind \"ä\" b; api {{ rpc Do {{ response {{ field f {kind} }} }} }}");
    legal(&with("größe text", &answered("int")));
    illegal(&with("größe int", &answered("T")));
    illegal(&with("n int", &answered("kind")));
}

#[test]
fn a_name_in_a_shape_is_reported_once() {
    let text = "shape stamps { column ctid text }\n".to_owned()
        + &service(
            "a",
            "table t { column id uuid primary-key; use stamps }
            table u { column id uuid primary-key; use stamps }",
        );
    illegal(&text);
    assert!(messages(&text)[0].contains("system column"));
}

#[test]
fn services_servers_and_topics_share_their_scope() {
    colliding(
        "server a-b class=db.t3.small storage-gb=20; server a-b1 class=db.t3.small storage-gb=20
        service a-b team=t { summary x }; service a--b team=t { summary x }; team t",
    );
    let topics =
        "table t entity=T { column id uuid primary-key }; table u entity=U { column id uuid primary-key }
        topic a.t_u of=t key=id { event TDone }; topic a.t.u of=u key=id { event UDone }";
    let heard = service("b", "consumes a.TDone a.UDone");
    colliding(&(service("a", topics) + &heard));
    legal(&(service("a", &topics.replace("a.t_u", "a.tu")) + &heard));
}

#[test]
fn relations_of_a_database_share_their_names() {
    let two = |first: &str, second: &str| {
        service(
            "a",
            &format!(
                "table t {first} {{ column id uuid primary-key; column n text; index n name=taken }}
            table u {second} {{ column id uuid primary-key }}"
            ),
        )
    };
    legal(&two("", ""));
    colliding(&two("as=x", "as=x"));
    legal(&two("as=x", "as=x schema=other"));
    colliding(&two("", "as=taken"));
    colliding(&service("a", "enum t a b; table t { column id uuid primary-key }"));
    let publishes = "table t entity=T { column id uuid primary-key }; topic a.t of=t key=id { event Done }";
    let hears = service("b", "consumes a.Done");
    legal(&service("a", "table outbox_events { column id uuid primary-key }"));
    colliding(
        &(service("a", &format!("{publishes}; table outbox_events {{ column id uuid primary-key }}"))
            + &hears),
    );
    colliding(
        &(service("a", publishes)
            + &service("b", "consumes a.Done; table processed_events { column id uuid primary-key }")),
    );
}

#[test]
fn a_named_index_of_a_shape_stands_in_one_table_of_a_database() {
    let shaped = |index: &str, schema: &str, more: &str| {
        format!("shape stamps {{ column at timestamptz; index at {index} }}\n")
            + &service(
                "a",
                &format!(
                    "table t {{ column id uuid primary-key; use stamps }}
                    table u {schema} {{ column id uuid primary-key; use stamps }}
                    {more}"
                ),
            )
    };
    legal(&shaped("", "", ""));
    legal(&shaped("name=by_at", "schema=other", ""));
    let elsewhere = service("b", "table v { column id uuid primary-key; use stamps }");
    legal(&(shaped("name=by_at", "schema=other", "") + &elsewhere));
    colliding(&shaped("name=by_at", "", ""));
    colliding(&shaped("name=by_at", "", "table v { column id uuid primary-key; use stamps }"));
    let found = messages(&shaped("name=by_at", "", ""));
    assert_eq!(found, ["several tables take the index `by_at` from a shape"]);
}

#[test]
fn columns_of_the_compiler_are_taken() {
    let topic = "topic a.t of=t key=id { event Done }";
    let hears = service("b", "consumes a.Done");
    let with = |column: &str, topic: &str| {
        service(
            "a",
            &format!("table t entity=T {{ column id uuid primary-key; column {column} text }}; {topic}"),
        )
    };
    legal(&with("row_version", ""));
    colliding(&(with("row_version", topic) + &hears));
    let owner = service(
        "a",
        "table t entity=T { column id uuid primary-key; column n int }
        topic a.t of=t key=id { carries n; event TCreated when=created; event TUpdated when=updated; event TDeleted when=deleted }",
    );
    let copy = |copy: &str| owner.clone() + &service("b", &format!("projection ts of=a.t {{ {copy} }}"));
    legal(&copy("carry n as=version"));
    // What a read copy has of its own is known once it is resolved, and said once.
    for taken in ["carry n as=source_version", "key as=synced_at", "carry n as=id"] {
        assert_found(&copy(taken), &["duplicate-name"]);
    }
}

#[test]
fn fields_messages_and_methods_share_their_scope() {
    let rpc = |name: &str, fields: &str| {
        format!("rpc {name} {{ request {{ {fields} }}; response {{ field ok boolean }} }}")
    };
    let api = |rpcs: &[String]| {
        service(
            "a",
            &format!(
                "table t entity=T {{ column id uuid primary-key }}; api {{ get t; {} }}",
                rpcs.join("; ")
            ),
        )
    };
    legal(&api(&[rpc("Do", "field a_b text; field a_c text")]));
    colliding(&api(&[rpc("Do", "field a_b text; field aB text")]));
    colliding(&api(&[rpc("GetUrl", ""), rpc("GetURL", "")]));
    let newer = rpc("GetURL", "").replace("rpc GetURL", "rpc GetURL version=2");
    legal(&api(&[rpc("GetUrl", ""), newer]));
    let event = |name: &str| {
        service(
            "a",
            &format!(
                "table t entity=T {{ column id uuid primary-key }}; api {{ get t }}
            topic a.t of=t key=id {{ event {name} }}"
            ),
        ) + &service("b", &format!("consumes a.{}", name.split(' ').next().unwrap()))
    };
    legal(&event("Done"));
    legal(&event("Done { carries id; field n int }"));
    colliding(&event("Done { field id int }"));
    colliding(&event("T"));
    colliding(&event("GetTRequest"));
    let (_, findings) = check(&format!("{SERVER}{}", event("GetTRequest")));
    assert_eq!(findings[0].labels.len(), 2, "both ends are shown");
}

/// A service `a` with a table and a topic of it, which `b` hears.
fn publishing(body: &str, events: &str, heard: &str) -> String {
    service(
        "a",
        &format!(
            "table t entity=T {{ column id uuid primary-key; {body} }}
            topic a.t of=t key=id {{ {events} }}"
        ),
    ) + &service("b", &format!("consumes {heard}"))
}

#[test]
fn fields_of_an_event_differ_from_what_it_carries() {
    let with = |field: &str| {
        publishing("column n int", &format!("carries n; event Done {{ field {field} int }}"), "a.Done")
    };
    legal(&with("m"));
    colliding(&with("n"));
    colliding(&with("id"));
}

#[test]
fn events_of_a_topic_are_fields_of_one_message() {
    legal(&publishing("", "event Done; event Done2", "a.Done a.Done2"));
    colliding(&publishing("", "event Done version=2; event DoneV2", "a.Done a.DoneV2"));
    colliding(&publishing("", "event Metadata", "a.Metadata"));
    colliding(&publishing("", "event Event", "a.Event"));
}

#[test]
fn values_of_enums_share_the_scope_of_their_package() {
    let with = |enums: &str| {
        service(
            "a",
            &format!(
                "{enums}; table t entity=T {{ column id uuid primary-key; column x kind; column y kind_a }}; api {{ get t }}"
            ),
        )
    };
    legal(&with("enum kind a b; enum kind_a c"));
    colliding(&with("enum kind a_c; enum kind_a c"));
    colliding(&with("enum kind unspecified; enum kind_a c"));
    colliding(&with("enum kind a_unspecified; enum kind_a c"));
    colliding(&with("enum kind a_1 a1; enum kind_a c"));
}

#[test]
fn what_the_compiler_adds_to_a_package_is_taken() {
    let with = |entity: &str, copy: &str| {
        let topic = "topic a.t of=t key=id { carries n; event Made when=created; event Changed when=updated; event Gone when=deleted }";
        service(
            "a",
            &format!(
                "table t entity={entity} {{ column id uuid primary-key; column n int; index n }}; {topic}
                api {{ list t by=n name=Some }}"
            ),
        ) + &service("b", &format!("consumes a.Made a.Changed a.Gone; {copy}"))
    };
    legal(&with("T", ""));
    colliding(&with("AService", ""));
    legal(&with("ASnapshotService", ""));
    colliding(&with("ASnapshotService", "projection c of=a.t { carries n }"));
    let listed = |column: &str| {
        service(
            "a",
            &format!(
                "table t entity=T {{ column id uuid primary-key; column {column} int; index {column} }}; api {{ list t by={column} }}"
            ),
        )
    };
    legal(&listed("page"));
    colliding(&listed("page_size"));
    colliding(&listed("pageToken"));
    colliding("platform freehold; team t; service events team=t { summary x }");
    legal("platform freehold; team t; service others team=t { summary x }");
}
