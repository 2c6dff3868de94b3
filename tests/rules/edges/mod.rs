//! Where each rule begins and ends: small registers, and what is found in them.

mod cluster;
mod events;
mod exposure;
mod names;
mod ownership;
mod references;
mod sql;

use super::{check, shown};

const SERVER: &str = "server main class=db.t3.small storage-gb=20 max-connections=1000\n";

/// Asserts which rules have findings in a register, in the order of places, each as often as it does.
#[track_caller]
fn assert_found(register: &str, expected: &[&str]) {
    let text = format!("{SERVER}{register}");
    let (sources, findings) = check(&text);
    let found: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(found, expected, "\n{}", shown(&sources, &findings));
}

/// The messages of all findings.
fn messages(register: &str) -> Vec<String> {
    let text = format!("{SERVER}{register}");
    check(&text).1.into_iter().map(|finding| finding.message).collect()
}

/// One service with its database.
fn service(name: &str, body: &str) -> String {
    format!("service {name} {{\n    database {name} on=main\n{body}\n}}\n")
}

/// A service with `users`, their events and an `exists`, and somebody who consumes them.
fn identity(more_of_users: &str, more: &str) -> String {
    let users = format!(
        "    table users entity=User {{
        column id uuid primary-key
        column username text
        {more_of_users}
    }}
    topic identity.user of=users key=id {{
        carries username
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }}
    api {{ exists users }}
    {more}"
    );
    let consumer = "consumes identity.UserCreated identity.UserUpdated identity.UserDeleted";
    service("identity", &users) + &service("witness", consumer)
}

/// A service whose table refers to a user in some way.
fn referring(reference: &str) -> String {
    let body = format!(
        "    table history {{
        column id uuid primary-key
        column user_id uuid
        {reference}
    }}"
    );
    service("search", &body)
}

fn table(body: &str) -> String {
    service("shop", &format!("    table t {{\n{body}\n    }}"))
}
