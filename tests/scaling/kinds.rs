//! Registers that hold one kind of thing very often.

#[path = "../../benches/support/mod.rs"]
mod synthetic;

/// A register that holds one kind of thing so many times.
pub type Make = fn(usize) -> String;

pub const KINDS: &[(&str, Make)] = &[
    ("sql", |n| service(n, |i| format!("sql s{i} {{ up \"SELECT 1\"; down \"SELECT 1\" }}"))),
    ("store", |n| service(n, |i| format!("store redis s{i}"))),
    ("extension", |n| service(n, |i| format!("extension e{i}"))),
    ("enum", |n| service(n, |i| format!("enum e{i} a"))),
    ("value", |n| service(1, |_| format!("enum e {}", list(n, |i| format!("v{i} "))))),
    ("extern", |n| {
        format!("{}{}", list(n, |i| format!("extern x{i}\n")), service(n, |i| format!("called-by x{i}")))
    }),
    ("extern rpc", |n| {
        let calls = service(n, |i| format!("calls x.R{i}"));
        format!("extern x {{ {} }}\n{calls}", list(n, |i| format!("rpc R{i}\n")))
    }),
    ("rpc", |n| {
        let rpcs = list(n, |i| format!("rpc R{i}\n"));
        service(n, |i| format!("calls s.R{i}")) + &format!("service s {{ api {{ {rpcs} }} }}")
    }),
    ("event", |n| {
        let events = list(n, |i| format!("event E{i}\n"));
        service(n, |i| format!("consumes s.E{i}"))
            + &format!("service s {{ topic t producers=all {{ {events} }} }}")
    }),
    ("event of a row", |n| {
        let events = list(n, |i| format!("event E{i} when=created version={}\n", i % 1000 + 1));
        let events = events.replace("when=created", "when=deleted");
        format!("service s {{ table t {{ column a int; primary-key a }}; topic t of=t {{ {events} }} }}")
    }),
    ("field", |n| {
        format!(
            "service s {{ api {{ rpc R {{ request {{ {} }} }} }} }}",
            list(n, |i| format!("field f{i} text\n"))
        )
    }),
    ("part", |n| table(&format!("partition a by=list {{ {} }}", list(n, |i| format!("part p{i} v{i}\n"))))),
    ("check", |n| table(&list(n, |i| format!("check c{i} \"a > 0\"\n")))),
    ("unique", |n| table(&list(n, |_| "unique a\n".to_owned()))),
    ("index", |n| table(&list(n, |_| "index a\n".to_owned()))),
    ("named again", |n| table(&format!("index {}", "a ".repeat(n)))),
    ("team", |n| list(n, |i| format!("team t{i}\nserver s{i} class=db.a.b storage-gb=20\n"))),
    ("shape", |n| {
        let shapes = list(n, |i| format!("shape h{i} {{ index a }}\n"));
        shapes + &table(&format!("use {}", list(n, |i| format!("h{i} "))))
    }),
    ("service", |n| list(n, |i| format!("service s{i} {{ table t {{ column a int; primary-key a }} }}\n"))),
    ("projection", |n| {
        let copies = list(n, |i| format!("projection p{i} of=s.t\n"));
        format!("service s {{ table t {{ column a int; primary-key a }} }}\nservice r {{ {copies} }}")
    }),
    ("reference", |n| {
        let refer = list(n, |_| "reference a to=s.t on-delete=keep\n".to_owned());
        table(&refer) + "\nservice s { table t { column a int; primary-key a } }"
    }),
    ("lint", |n| format!("platform p {{ {} }}", list(n, |i| format!("lint r{i} level=off\n")))),
    ("env", |n| {
        service(1, |_| format!("deploy {{ {} }}", list(n, |i| format!("env A{i} 1; secret B{i}\n"))))
    }),
    ("environment", |n| {
        let servers = list(n, |i| format!("server s{i} class=db.a.b storage-gb=20\n"));
        let services = list(n, |i| format!("service r{i} {{ deploy; database d{i} on=s{i} }}\n"));
        let there = list(n, |i| {
            format!("server s{i} class=db.c.d\nservice r{i} {{ deploy cpu-millis=1; database pool=1 }}\n")
        });
        format!("{servers}{services}environment e {{ {there} }}\nenvironment f")
    }),
    ("environment of faults", |n| {
        list(n, |i| format!("environment e{}\n", i % 3))
            + &format!("environment x {{ {} }}", list(n, |i| format!("server s{i}; service r{i}\n")))
    }),
    ("env of an environment", |n| {
        let parts = list(n, |i| format!("env A{i} 1; secret B{i}\n"));
        format!(
            "{}environment e {{ service of_many {{ deploy {{ {parts} }} }} }}",
            service(1, |_| format!("deploy {{ {parts} }}"))
        )
    }),
    ("topic of all", |n| {
        let services = list(n / 5, |i| format!("service r{i} {{ deploy image=a }}\n"));
        format!("{services}service o {{ topic t producers=all key=k {{ event E {{ field k text }} }} }}")
    }),
    ("built bucket", |n| {
        let secrets = list(n, |i| format!("secret S{i}\n"));
        let buckets = list(n / 5, |i| format!("store s3 bucket{i}\n"));
        format!(
            "platform p {{ kubernetes secrets=external-secrets }}\n{}",
            built(&format!("{buckets} deploy image=a {{ {secrets} }}"))
        )
    }),
    ("built server", |n| {
        list(n / 10, |i| format!("server s{i} class=db.t3.small storage-gb=20 pooler-connections=5\n"))
            + "environment e\n"
    }),
    ("unknown column", |n| table(&list(n, |i| format!("unique b{i}\n")))),
    // Of mistakes of form only the first thousand are told, so there are more at every size.
    ("unknown flag", |n| format!("server s{}", " multi_az".repeat(3 * n))),
    ("repeated flag", |n| format!("server s{}", " multi-az".repeat(n))),
    ("unknown property", |n| format!("team t{}", list(3 * n, |i| format!(" c{i}=1")))),
    ("column", |n| {
        let columns = |i| list(10, |column| format!("column c{i}_{column} int; "));
        built(&list(n / 10, |i| format!("table t{i} {{ {}; primary-key c{i}_{FIRST} }}\n", columns(i))))
    }),
    ("foreign key", |n| {
        let before = |i| if i == FIRST { i } else { i - 1 };
        let parts = "column a int; column b int; primary-key a; index b; foreign-key b";
        built(&list(n / 5, |i| format!("table t{i} {{ {parts} to=t{} }}\n", before(i))))
    }),
    ("built enum", |n| {
        built(&list(n / 5, |i| format!("enum e{i} {}\n", list(5, |value| format!("v{value} ")))))
    }),
    ("built sql", |n| {
        built(&list(n / 5, |i| format!("sql s{i} {{ up \"SELECT 1\"; down \"SELECT 1\" }}\n")))
    }),
    ("event that is consumed", |n| {
        let topic = |i| {
            format!(
                "table t{i} entity=T{i} {{ column a int; primary-key a }}
                topic t{i} of=t{i} key=a {{ event T{i}Gone when=deleted }}\n"
            )
        };
        let consumes = list(n / 5, |i| format!("consumes built.T{i}Gone\n"));
        built(&list(n / 5, topic)) + &format!("service other team=all {{\n{consumes}}}\n")
    }),
    ("synthetic", |n| synthetic::register(n / 5)),
    ("column twice", |n| table(&list(n, |_| "column a int unique\n".to_owned()))),
];

/// The first number in names: all of them have as many digits, since longer names take more steps.
const FIRST: usize = 10_000;

fn list(count: usize, each: impl Fn(usize) -> String) -> String {
    (FIRST..FIRST + count).map(each).collect()
}

/// A service with a database, so that everything is made from it.
fn built(parts: &str) -> String {
    let first = "team all\nserver main class=db.t3.small storage-gb=20\n";
    format!("{first}service built team=all {{\ndatabase built on=main\n{parts}}}\n")
}

fn service(count: usize, each: impl Fn(usize) -> String) -> String {
    format!("service of_many {{\n{}}}\n", list(count, |index| each(index) + "\n"))
}

fn table(parts: &str) -> String {
    format!("service of_many {{ table t {{ column a int; primary-key a\n{parts}\n}} }}\n")
}
