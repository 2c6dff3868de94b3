//! Hostile names and values come back as they were.

use crate::cluster::{Cluster, build, documents};
use serde_json::Value;

/// Values that some reader of YAML, or Kubernetes, takes for something else.
const HOSTILE: [&str; 16] = [
    "no",
    "~",
    "1e3",
    "0x10",
    "012",
    "null",
    "true",
    "2026-01-31",
    "",
    " a ",
    "a: b",
    "$(PATH)",
    "$$(PATH)",
    "{{ .Values.x }} ${y} #z",
    "'\"\\",
    "one\ntwo\n---\nkind: Secret\n",
];

#[test]
fn variables_have_the_values_of_the_register() {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let variables: Vec<String> = HOSTILE
        .iter()
        .enumerate()
        .map(|(index, text)| format!("env V{index} \"{}\"", quoted(text)))
        .collect();
    let register = format!(
        "platform \"no\" {{ namespace \"null\" }}\nserver \"true\" class=db.t3.small storage-gb=20 pooler-connections=9\n\
         service \"yes\" {{ database y on=\"true\"; deploy image=\"~\" {{ {}; secret NO ON }}\n\
         table t as=\"null\" {{ column at date; primary-key at; \
         partition at by=range {{ every year; from \"2025-01\"; ahead 1 }} }} }}",
        variables.join("; ")
    );
    let cluster = Cluster::of(&build(&register), "production");
    assert_eq!(cluster.namespace, "null");
    let data = &cluster.get("ConfigMap", "yes")["data"];
    for (index, text) in HOSTILE.iter().enumerate() {
        assert_eq!(data[format!("V{index}")], Value::from(*text));
    }
    // What is in a container's own list, Kubernetes reads for `$(NAME)`.
    let job = &cluster.get("CronJob", "yes-partitions")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let command: Vec<&str> =
        job["containers"][0]["command"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(command.last(), Some(&"SELECT maintain_null_partitions()"));
    let names: Vec<&str> =
        cluster.get("Deployment", "yes")["spec"]["template"]["spec"]["containers"][0]["env"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| variable["name"].as_str().unwrap())
            .collect();
    assert_eq!(names, ["PGAPPNAME", "DATABASE_URL", "NO", "ON"]);
}

/// Services may be called like files and folders of the output.
#[test]
fn names_of_files_are_names_of_services_too() {
    let names = [
        "service",
        "network",
        "kustomization",
        "server",
        "relay",
        "base",
        "shared",
        "namespace",
        "production",
    ];
    let services = names.map(|name| {
        format!("service {name} {{ deploy image=i; database {name} on=services; table {name}s {{ column id uuid primary-key }} }}\n")
    });
    let cluster = Cluster::of(
        &build(&format!(
            "server services class=db.t3.small storage-gb=20 max-connections=900 pooler-connections=20\n{}\nenvironment base {{ }}",
            services.concat()
        )),
        "base",
    );
    for name in names {
        for kind in ["Deployment", "ServiceAccount", "Service", "ConfigMap", "NetworkPolicy"] {
            cluster.get(kind, name);
        }
        assert!(cluster.kind("Job").any(|(job, _)| job.starts_with(&format!("{name}-migrate-"))), "{name}");
    }
}

#[test]
fn no_file_holds_a_text_without_quotes_that_means_something_else() {
    // Read as YAML 1.1 reads it, where `no` and `012` are no texts, each text of the register is still one.
    let files = build(
        "platform on { namespace off }\nextern y namespace=n\nservice \"null\" { called-by y; deploy image=\"1e3\" { env A yes } }",
    );
    for (path, text) in
        files.iter().filter(|(path, _)| path.ends_with(".yaml") && path.starts_with("kubernetes"))
    {
        for document in documents(text) {
            for forbidden in ["on", "off", "y", "n", "null", "yes", "1e3"] {
                let bare = |line: &str| {
                    line.trim_end().ends_with(&format!(": {forbidden}"))
                        || line.contains(&format!(": {forbidden},"))
                        || line.contains(&format!(": {forbidden}}}"))
                        || line.trim_start() == format!("- {forbidden}")
                };
                let found = text.lines().find(|line| !line.trim_start().starts_with('#') && bare(line));
                assert_eq!(found, None, "{path}: {document}");
            }
        }
    }
}
