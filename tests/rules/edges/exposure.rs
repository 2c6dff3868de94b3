//! Rules of what leaves a service, and for how long a call may take.

use super::{assert_found, service};

fn secret(topic: &str, api: &str, more: &str) -> String {
    let topic = match topic {
        "" => String::new(),
        head_and_body => format!("topic a.t of=t {head_and_body}"),
    };
    service("a", &format!(
        "table t entity=T {{ column id uuid primary-key; column secret text private; column plain text; unique secret }}
        {topic}
        api {{ {api} }}"
    )) + more
}

#[test]
fn every_way_out_of_the_service_is_found() {
    let hears = service("b", "consumes a.TDeleted");
    let out = ["private-column-exposed"];
    let event = "event TDeleted when=deleted";
    assert_found(&secret(&format!("key=id {{ carries plain; {event} }}"), "get t", &hears), &[]);
    assert_found(&secret(&format!("key=id {{ {event} {{ carries secret }} }}"), "", &hears), &out);
    assert_found(&secret(&format!("key=secret {{ {event} }}"), "", &hears), &out);
    assert_found(
        &secret(&format!("key=secret id=secret {{ {event} }}"), "", &hears),
        &["private-column-exposed"; 2],
    );
    assert_found(&secret("", "get t by=secret", ""), &out);
    assert_found(&secret("", "list t order=\"secret desc\"", ""), &out);
    assert_found(&secret("", "list t order=plain", ""), &[]);
    let stores = service(
        "b",
        "table u { column id uuid primary-key; column s text; reference s to=a.t.secret on-delete=keep }",
    );
    assert_found(&secret("", "", &stores), &out);
}

#[test]
fn a_copy_of_a_private_column_is_not_told_to_carry_it() {
    let events =
        "key=id { event TCreated when=created; event TUpdated when=updated; event TDeleted when=deleted }";
    let copy = service("b", "projection ts of=a.t { carries secret }");
    assert_found(&secret(events, "", &copy), &["private-column-exposed"]);
}

#[test]
fn a_private_primary_key_is_what_rpcs_select_by() {
    let served = |api: &str| {
        service("a", &format!("table t entity=T {{ column id uuid primary-key private }}; api {{ {api} }}"))
    };
    assert_found(&served("get t"), &["private-column-exposed"]);
    assert_found(&served("list t"), &[]);
}

fn personal(head: &str, body: &str) -> String {
    service(
        "a",
        &format!(
            "table t entity=T {{ column id uuid primary-key; column email text pii; unique email }}
        topic a.t of=t {head} {{ {body} }}"
        ),
    ) + &service("b", "consumes a.TDeleted")
}

#[test]
fn personal_data_is_found_once_for_a_topic_wherever_it_is_in_it() {
    let found = ["pii-in-event"];
    assert_found(&personal("key=id", "event TDeleted when=deleted { carries email }"), &found);
    assert_found(&personal("key=email", "event TDeleted when=deleted"), &found);
    assert_found(&personal("key=email id=email", "carries email; event TDeleted when=deleted"), &found);
    assert_found(&personal("key=id", "event TDeleted { field who T }"), &found);
    assert_found(&personal("key=id", "event TDeleted { field who uuid }"), &[]);
}

#[test]
fn personal_data_may_be_served() {
    let register = service(
        "a",
        "table t entity=T { column id uuid primary-key; column email text pii }
        api { get t; list t by=email }",
    );
    assert_found(&register, &[]);
}

#[test]
fn a_time_limit_may_be_the_longest_that_is_allowed() {
    let with = |served: &str, called: &str| {
        format!(
            "service a {{ api {{ rpc Work {served} {{ response {{ field n text }} }} }} }}
        service b {{ calls a.Work {called} }}"
        )
    };
    assert_found(&with("timeout-ms=5000", "timeout-ms=5000"), &[]);
    assert_found(&with("timeout-ms=5001", ""), &["rpc-timeout-too-long"]);
    assert_found(&with("", "timeout-ms=5001"), &["rpc-timeout-too-long"]);
    let shorter = format!(
        "platform p {{ rpc max-timeout-ms=900 default-timeout-ms=100 }}\n{}",
        with("timeout-ms=901", "")
    );
    assert_found(&shorter, &["rpc-timeout-too-long"]);
    assert_found("platform p { rpc default-timeout-ms=9000 }", &["rpc-timeout-too-long"]);
    assert_found("platform p { rpc max-timeout-ms=500 default-timeout-ms=500 }", &[]);
}
