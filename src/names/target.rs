//! What is legal as a name in each target, with the reason and a name that is.

use heck::{ToKebabCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// Where a name goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A service: names objects of Kubernetes, crates, packages, roles and folders.
    Service,
    /// An object or a namespace of Kubernetes.
    Kubernetes,
    /// A label's value in Kubernetes and a tag's in AWS.
    Label,
    /// A table in the register: names files and modules, and stands in paths such as `orders.lines`.
    Table,
    /// Anything in a PostgreSQL database.
    Postgres,
    /// A table of PostgreSQL.
    PostgresRelation,
    /// A column of PostgreSQL.
    Column,
    /// A schema of PostgreSQL.
    PostgresSchema,
    /// A database on an RDS server.
    Database,
    /// A PostgreSQL server of RDS.
    RdsInstance,
    /// A topic of Kafka.
    KafkaTopic,
    /// A consumer group of Kafka.
    KafkaGroup,
    /// A message, event or enum of Protobuf.
    ProtobufType,
    /// An RPC of Protobuf.
    ProtobufMethod,
    /// A field of Protobuf.
    ProtobufField,
    /// A value of an enum of Protobuf.
    ProtobufEnumValue,
    /// An environment variable.
    EnvironmentVariable,
    /// A key of a secret of Kubernetes.
    SecretKey,
    /// A bucket of S3.
    Bucket,
    /// A file of values of Terraform, which stands beside those of other environments.
    TerraformValues,
}

/// Why a name is not legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameProblem {
    /// What the target demands: a phrase.
    pub reason: String,
    /// A legal name that is like it, where there is one.
    pub suggestion: Option<String>,
}

/// Whether a name is legal in a target.
///
/// # Errors
/// Says what the target demands, and a name that it takes.
pub fn check(name: &str, target: Target) -> Result<(), NameProblem> {
    let Some(reason) = violation(name, target) else { return Ok(()) };
    let suggestion = suggestion(name, target).filter(|other| violation(other, target).is_none());
    Err(NameProblem { reason, suggestion })
}

/// Most bytes of a service's name: Kubernetes takes 63 for most names and 52 for a CronJob's, and what belongs to a
/// service is named after it with an ending of up to 12.
const LONGEST_SERVICE: usize = 40;
/// Most bytes of a DNS label (RFC 1123), of a name in PostgreSQL, of an RDS identifier, of a bucket's name.
const LONGEST_LABEL: usize = 63;
/// Most bytes of a topic (Kafka's `Topic.MAX_NAME_LENGTH`).
const LONGEST_TOPIC: usize = 249;

/// Columns that every table has (PostgreSQL manual, "System Columns").
const SYSTEM_COLUMNS: &[&str] = &["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];
/// Databases that every server has.
const SYSTEM_DATABASES: &[&str] = &["postgres", "rdsadmin", "template0", "template1"];

/// Fields whose accessors a message has already: `getDescriptor` and `getDefaultInstance` in Java, `ProtoReflect` in Go.
/// Whatever else these languages keep, their compilers of Protobuf rename.
const KEPT_FIELDS: &[&str] = &["descriptor", "default_instance", "proto_reflect"];
/// Methods that every client of tonic has, in Rust.
const KEPT_METHODS: &[&str] = &[
    "new",
    "connect",
    "with_interceptor",
    "with_origin",
    "send_compressed",
    "accept_compressed",
    "max_decoding_message_size",
    "max_encoding_message_size",
];

fn violation(name: &str, target: Target) -> Option<String> {
    if name.is_empty() {
        return Some("a name is not empty".to_owned());
    }
    let too_long = |limit: usize, place: &str| {
        (name.len() > limit).then(|| format!("{place} keep at most {limit} bytes of a name"))
    };
    match target {
        Target::Service => {
            too_long(LONGEST_SERVICE, "the objects named after a service").or_else(|| label(name))
        }
        Target::Kubernetes => too_long(LONGEST_LABEL, "the objects of Kubernetes").or_else(|| label(name)),
        Target::RdsInstance => rds_instance(name),
        Target::Label => too_long(LONGEST_LABEL, "labels of Kubernetes").or_else(|| label_value(name)),
        Target::Table => relation(name).or_else(|| word(name, "a table's name in the register")),
        Target::PostgresRelation => relation(name),
        Target::Postgres => postgres(name),
        Target::Column => postgres(name).or_else(|| {
            let is_system = SYSTEM_COLUMNS.contains(&name);
            is_system.then(|| "every table of PostgreSQL has a system column of this name".to_owned())
        }),
        Target::PostgresSchema => postgres(name).or_else(|| {
            let is_system = name.starts_with("pg_") || name == "information_schema";
            is_system.then(|| "PostgreSQL keeps this name for schemas of its own".to_owned())
        }),
        Target::Database => database(name),
        Target::KafkaTopic => topic(name),
        Target::KafkaGroup => group(name),
        Target::ProtobufType => word(&name.to_upper_camel_case(), "a name in Protobuf").or_else(|| {
            // What holds the message is a field that is called after it.
            let kept =
                name.to_upper_camel_case() == "Builder" || KEPT_FIELDS.contains(&&*name.to_snake_case());
            kept.then(|| {
                "code that is made from Protobuf has something of this name in every message".to_owned()
            })
        }),
        Target::ProtobufMethod => word(&name.to_upper_camel_case(), "a name in Protobuf").or_else(|| {
            let kept = KEPT_METHODS.contains(&&*name.to_snake_case());
            kept.then(|| "clients that are made from Protobuf have a method of this name already".to_owned())
        }),
        Target::ProtobufField => word(&name.to_snake_case(), "a field of Protobuf").or_else(|| {
            let kept = KEPT_FIELDS.contains(&&*name.to_snake_case());
            kept.then(|| {
                "code that is made from Protobuf has something of this name in every message".to_owned()
            })
        }),
        Target::ProtobufEnumValue => {
            let value = name.to_shouty_snake_case();
            let is_legal = !value.is_empty() && value.bytes().all(is_word_byte);
            (!is_legal)
                .then(|| "a value of an enum of Protobuf holds ASCII letters or digits alone".to_owned())
        }
        Target::EnvironmentVariable => word(name, "an environment variable"),
        Target::SecretKey => {
            let is_legal =
                name.len() <= 253 && name.bytes().all(|b| is_word_byte(b) || b == b'-' || b == b'.');
            let rule = "a key of a secret holds letters, digits, `_`, `-` and `.`, at most 253";
            (!is_legal || name.starts_with('.')).then(|| rule.to_owned())
        }
        Target::Bucket => bucket(name),
        Target::TerraformValues => (name == "terraform")
            .then(|| "Terraform reads `terraform.tfvars` also where another environment is meant".to_owned()),
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// RFC 1035, which Kubernetes demands of services: also what crates and packages can be derived from.
fn label(name: &str) -> Option<String> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_legal = plain && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-');
    let rule = "in Kubernetes, a name is of lower-case letters, digits and `-`, begins with a letter and does not end with `-`";
    (!is_legal).then(|| rule.to_owned())
}

fn label_value(name: &str) -> Option<String> {
    let plain = name.bytes().all(|byte| is_word_byte(byte) || byte == b'-' || byte == b'.');
    let ends = |c: char| c.is_ascii_alphanumeric();
    let rule = "a label of Kubernetes holds ASCII letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit";
    (!plain || !name.starts_with(ends) || !name.ends_with(ends)).then(|| rule.to_owned())
}

fn word(name: &str, what: &str) -> Option<String> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_legal = starts_well && name.bytes().all(is_word_byte);
    (!is_legal)
        .then(|| format!("{what} is of ASCII letters, digits and `_`, and does not begin with a digit"))
}

fn postgres(name: &str) -> Option<String> {
    if name.chars().any(char::is_control) {
        return Some("a name in PostgreSQL holds no control characters".to_owned());
    }
    (name.len() > LONGEST_LABEL).then(|| format!("PostgreSQL keeps at most {LONGEST_LABEL} bytes of a name"))
}

/// PostgreSQL looks into its own catalogs first, whose relations begin so.
fn relation(name: &str) -> Option<String> {
    postgres(name).or_else(|| {
        name.starts_with("pg_").then(|| "PostgreSQL keeps names that begin with `pg_` for itself".to_owned())
    })
}

/// AWS, "Creating an Amazon RDS DB instance": the database's name.
fn database(name: &str) -> Option<String> {
    if SYSTEM_DATABASES.contains(&name) {
        return Some("every server has a database of this name".to_owned());
    }
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let is_legal = plain && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= LONGEST_LABEL;
    let rule = "a database is named with lower-case letters, digits and `_`, begins with a letter and has at most 63 bytes";
    (!is_legal).then(|| rule.to_owned())
}

/// AWS, "Amazon RDS naming constraints".
fn rds_instance(name: &str) -> Option<String> {
    let rule = "in RDS, a server is named with lower-case letters, digits and single `-`, begins with a letter, does not end with `-` and has at most 63 bytes";
    let is_legal = label(name).is_none() && !name.contains("--") && name.len() <= LONGEST_LABEL;
    (!is_legal).then(|| rule.to_owned())
}

/// Kafka's `Topic.validate`.
fn topic(name: &str) -> Option<String> {
    if matches!(name, "." | "..") {
        return Some("Kafka takes neither `.` nor `..` for a topic".to_owned());
    }
    if name.starts_with("__") {
        return Some("Kafka keeps names that begin with `__` for topics of its own".to_owned());
    }
    let plain = name.bytes().all(|byte| is_word_byte(byte) || byte == b'.' || byte == b'-');
    let rule = "a topic of Kafka holds ASCII letters, digits, `.`, `_` and `-`, at most 249";
    (!plain || name.len() > LONGEST_TOPIC).then(|| rule.to_owned())
}

fn group(name: &str) -> Option<String> {
    let plain = name.bytes().all(|byte| is_word_byte(byte) || byte == b'.' || byte == b'-');
    let rule = "a consumer group holds ASCII letters, digits, `.`, `_` and `-`, at most 249";
    (!plain || name.len() > LONGEST_TOPIC).then(|| rule.to_owned())
}

/// AWS, "General purpose bucket naming rules", without the dots that break TLS.
fn bucket(name: &str) -> Option<String> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let kept = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        || ["-s3alias", "--ol-s3", "--x-s3"].iter().any(|suffix| name.ends_with(suffix));
    if kept {
        return Some("S3 keeps this beginning or ending for buckets of its own".to_owned());
    }
    let is_legal = plain && (3..=63).contains(&name.len()) && name.starts_with(ends) && name.ends_with(ends);
    let rule = "a bucket is named with 3 to 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit";
    (!is_legal).then(|| rule.to_owned())
}

/// A name in the target's style. It may be illegal for another reason.
fn suggestion(name: &str, target: Target) -> Option<String> {
    let ascii: String = name.chars().map(|c| if c.is_ascii() && !c.is_control() { c } else { ' ' }).collect();
    let cut = |text: String, limit: usize| text.chars().take(limit).collect::<String>();
    let trimmed = |text: String| text.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).to_owned();
    Some(match target {
        Target::Service => {
            cut(trimmed(ascii.to_kebab_case()), LONGEST_SERVICE).trim_end_matches('-').to_owned()
        }
        Target::Kubernetes | Target::RdsInstance | Target::Bucket => {
            cut(trimmed(ascii.to_kebab_case()), LONGEST_LABEL).trim_end_matches('-').to_owned()
        }
        Target::Label => cut(ascii.to_kebab_case(), LONGEST_LABEL).trim_end_matches('-').to_owned(),
        Target::Table | Target::Database => {
            cut(trimmed(ascii.trim_start_matches("pg_").to_snake_case()), LONGEST_LABEL)
        }
        Target::Postgres => cut(ascii.to_snake_case(), LONGEST_LABEL),
        Target::PostgresRelation => cut(ascii.trim_start_matches("pg_").to_snake_case(), LONGEST_LABEL),
        Target::TerraformValues => format!("{name}-tests"),
        Target::Column if SYSTEM_COLUMNS.contains(&name) => format!("{name}_"),
        Target::Column => cut(ascii.to_snake_case(), LONGEST_LABEL),
        Target::PostgresSchema => {
            cut(trimmed(ascii.trim_start_matches("pg_").to_snake_case()), LONGEST_LABEL)
        }
        Target::KafkaTopic | Target::KafkaGroup => {
            let parts: Vec<String> = ascii.split('.').map(ToKebabCase::to_kebab_case).collect();
            cut(parts.join(".").trim_matches('.').to_owned(), LONGEST_TOPIC)
        }
        Target::ProtobufType | Target::ProtobufMethod => trimmed(ascii.to_upper_camel_case()),
        Target::ProtobufField => trimmed(ascii.to_snake_case()),
        Target::ProtobufEnumValue => ascii.to_snake_case(),
        Target::EnvironmentVariable => trimmed(ascii.to_shouty_snake_case()),
        Target::SecretKey => ascii.to_kebab_case(),
    })
    .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion_for(name: &str, target: Target) -> Option<String> {
        check(name, target).expect_err("the name is not legal").suggestion
    }

    #[test]
    fn each_target_takes_its_own_names() {
        let legal = [
            ("realtime-chat", Target::Service),
            ("users", Target::Table),
            ("Order Items", Target::Postgres),
            ("type", Target::Column),
            ("nova_user", Target::Database),
            ("small-a", Target::RdsInstance),
            ("identity.user", Target::KafkaTopic),
            ("UserCreated", Target::ProtobufType),
            ("order_status", Target::ProtobufType),
            ("in-progress", Target::ProtobufEnumValue),
            ("DATABASE_URL", Target::EnvironmentVariable),
            ("nova-media", Target::Bucket),
            ("Trust & Safety".split(' ').next().unwrap_or(""), Target::Label),
        ];
        for (name, target) in legal {
            assert_eq!(check(name, target), Ok(()), "{name} {target:?}");
        }
    }

    #[test]
    fn hostile_names_are_legal_nowhere() {
        use Target::*;
        let targets = [
            Service,
            Kubernetes,
            Label,
            Table,
            Postgres,
            Column,
            PostgresSchema,
            Database,
            RdsInstance,
            KafkaTopic,
            KafkaGroup,
            ProtobufField,
            ProtobufType,
            ProtobufEnumValue,
            EnvironmentVariable,
            SecretKey,
            Bucket,
        ];
        for target in targets {
            assert!(check("", target).is_err(), "empty {target:?}");
            assert!(check(&"é".repeat(200), target).is_err(), "long {target:?}");
            if !matches!(target, ProtobufType | ProtobufField | ProtobufEnumValue) {
                assert!(check("a\nb", target).is_err(), "line feed {target:?}");
            }
            if !matches!(
                target,
                Postgres | Column | PostgresSchema | ProtobufType | ProtobufField | ProtobufEnumValue
            ) {
                for hostile in ["../etc", "a'b", "${x}", "{{x}}", "a b", "a\"b", "x;y"] {
                    assert!(check(hostile, target).is_err(), "{hostile} {target:?}");
                }
            }
        }
    }

    #[test]
    fn a_legal_name_is_suggested() {
        assert_eq!(suggestion_for("User API", Target::Service).as_deref(), Some("user-api"));
        assert_eq!(suggestion_for("user_api", Target::Service).as_deref(), Some("user-api"));
        assert_eq!(suggestion_for(&"a".repeat(99), Target::Service), Some("a".repeat(40)));
        assert_eq!(suggestion_for("identity/user", Target::KafkaTopic).as_deref(), Some("identity-user"));
        assert_eq!(suggestion_for("xmin", Target::Column).as_deref(), Some("xmin_"));
        assert_eq!(suggestion_for("1 st", Target::EnvironmentVariable).as_deref(), Some("ST"));
        assert_eq!(suggestion_for("!", Target::Service), None);
    }
}
