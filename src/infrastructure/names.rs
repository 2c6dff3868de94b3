//! Names that several outputs mention.

use super::{DatabaseRole, RoleKind};
use crate::semantic::Register;
use crate::semantic::model::{Environment, Located};
use heck::ToKebabCase;

/// Bytes of the digest in a name that was changed, with the `-` before it.
const DIGEST_LENGTH: usize = 9;
/// Most bytes of an object's name: Kubernetes takes 63 for a Service and 52 for a CronJob, and a Job's gets a digest behind.
const LONGEST_OBJECT: usize = 52;
/// Most bytes of a topic (Kafka's `Topic.MAX_NAME_LENGTH`).
const LONGEST_TOPIC: usize = 249;

/// An object of Kubernetes that belongs to `owner`: `OWNER-ENDING`. What Kubernetes would not take is written otherwise, with
/// a digest behind, so that two names that differ stay so.
pub fn object_name(owner: &str, ending: &str) -> String {
    let whole = if ending.is_empty() { owner.to_owned() } else { format!("{owner}-{ending}") };
    let is_legal = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
    let legal: String = whole.to_kebab_case().chars().filter(is_legal).collect();
    if legal == whole && whole.len() <= LONGEST_OBJECT {
        return whole;
    }
    with_digest(&legal, &whole, LONGEST_OBJECT, "")
}

/// Where messages of a topic go that a consumer group could not handle.
pub fn dead_letter_topic(topic: &str, group: &str) -> String {
    let whole = format!("{topic}.{group}.dead-letter");
    if whole.len() <= LONGEST_TOPIC {
        return whole;
    }
    with_digest(&format!("{topic}.{group}"), &whole, LONGEST_TOPIC, ".dead-letter")
}

/// Most bytes of the name of an object that is only found by its name (Kubernetes, "Object Names and IDs").
const LONGEST_DNS_SUBDOMAIN: usize = 253;

/// The object of Kubernetes that stands for a topic: the topic's own name where Kubernetes takes it.
pub fn topic_object_name(topic: &str) -> String {
    let is_legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(is_legal) && !label.starts_with('-') && !label.ends_with('-')
    };
    if topic.len() <= LONGEST_DNS_SUBDOMAIN && topic.split('.').all(is_label) {
        return topic.to_owned();
    }
    let legal = |label: &str| {
        let label: String = label.to_kebab_case().chars().filter(|c| is_legal(*c)).collect();
        if label.is_empty() { "x".to_owned() } else { label }
    };
    let labels: Vec<String> = topic.split('.').map(legal).collect();
    with_digest(&labels.join("."), topic, LONGEST_DNS_SUBDOMAIN, "")
}

/// The beginning of a name, a digest of all of it, and an ending.
fn with_digest(start: &str, whole: &str, longest: usize, ending: &str) -> String {
    let digest = blake3::hash(whole.as_bytes()).to_hex();
    let room = longest - DIGEST_LENGTH - ending.len();
    let start = start[..start.floor_char_boundary(room)].trim_end_matches(['-', '.', '_']);
    format!("{start}-{}{ending}", &digest[..DIGEST_LENGTH - 1])
}

/// The Secret of Kubernetes with what a role of a service's database needs to connect: `identity-database-application`. Its keys
/// are those of [`SecretKey`](super::SecretKey).
pub fn role_secret(service: &str, role: RoleKind) -> String {
    format!("{service}-database-{}", role.name())
}

/// The same in AWS Secrets Manager: `nova/staging/databases/nova_identity/application`.
pub fn role_secret_in_aws(
    register: &Register,
    environment: Environment<'_>,
    database: &str,
    role: &DatabaseRole,
) -> String {
    format!("{}/databases/{database}/{}", in_aws(register, environment), role.kind.name())
}

/// The Secret of Kubernetes with the variables of a service that `secret` names; each is a key of it.
pub fn service_secret(service: &str) -> String {
    format!("{service}-secrets")
}

/// The same in AWS Secrets Manager: `nova/staging/services/nova.identity`. A secret cannot get another name, so it is called by what
/// stays when a service is renamed (`Service::lasting_name`).
pub fn service_secret_in_aws(register: &Register, environment: Environment<'_>, lasting: &str) -> String {
    format!("{}/services/{lasting}", in_aws(register, environment))
}

/// What the platform is called where it has to have a name.
pub fn platform(register: &Register) -> &str {
    register.platform.name.as_ref().map_or("platform", Located::as_str)
}

/// What names in an account of AWS begin with that no account has by itself.
fn in_aws(register: &Register, environment: Environment<'_>) -> String {
    format!("{}/{}", platform(register), environment.name())
}

/// Where Terraform keeps the state of what lasts under a name: `nova/staging/servers/pg-user.tfstate`.
pub fn state_key(register: &Register, environment: Environment<'_>, folder: &str, lasting: &str) -> String {
    format!("{}/{folder}/{lasting}.tfstate", in_aws(register, environment))
}

/// A container image: where it is, and which version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Registry and path.
    pub name: String,
    /// What stands behind `:`.
    pub tag: Option<String>,
    /// What stands behind `@`.
    pub digest: Option<String>,
}

impl Image {
    /// Reads `registry.example:5000/nova/user:1.4@sha256:...`.
    pub fn parse(text: &str) -> Image {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let after_path = rest.rfind('/').map_or(0, |slash| slash + 1);
        match rest[after_path..].split_once(':') {
            Some((last, tag)) => {
                let name = format!("{}{last}", &rest[..after_path]);
                Image { name, tag: Some(tag.to_owned()), digest }
            }
            None => Image { name: rest.to_owned(), tag: None, digest },
        }
    }

    /// The image of a part of a service, which is built together with it: `nova/user-relay:1.4`. A digest is of one image
    /// alone, so it has none.
    pub fn of_part(&self, part: &str) -> Image {
        Image { name: format!("{}-{part}", self.name), tag: self.tag.clone(), digest: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_called_by_their_owner_and_what_they_are() {
        assert_eq!(object_name("user", ""), "user");
        assert_eq!(object_name("user", "relay"), "user-relay");
        assert_eq!(object_name("user", "consumer-by.day"), "user-consumer-by-day-cd0bfc24");
        assert_ne!(object_name("user", "consumer-by.day"), object_name("user", "consumer-by_day"));
        let long = object_name("user", &"x".repeat(100));
        assert!(long.len() <= LONGEST_OBJECT, "{long}");
        assert!(object_name("é", "ö").is_ascii());
    }

    #[test]
    fn dead_letters_have_a_topic_for_each_group() {
        assert_eq!(dead_letter_topic("identity.user", "search"), "identity.user.search.dead-letter");
        let long = dead_letter_topic(&"t".repeat(249), "g");
        assert!(long.len() <= LONGEST_TOPIC && long.ends_with(".dead-letter"), "{long}");
        assert_ne!(long, dead_letter_topic(&"t".repeat(249), "h"));
    }

    #[test]
    fn topics_have_objects_that_kubernetes_takes() {
        assert_eq!(topic_object_name("identity.user"), "identity.user");
        assert_eq!(topic_object_name("Orders..by_day."), "orders.x.by-day.x-296c86b2");
        assert_ne!(topic_object_name("a_b"), topic_object_name("a-b"));
        let long = topic_object_name(&"T".repeat(249));
        assert!(long.len() <= LONGEST_DNS_SUBDOMAIN && long.contains('-'), "{long}");
    }

    #[test]
    fn images_are_read_as_registries_write_them() {
        let image = |name: &str, tag: Option<&str>, digest: Option<&str>| Image {
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        };
        assert_eq!(Image::parse("nova/user"), image("nova/user", None, None));
        assert_eq!(Image::parse("localhost:5000/user"), image("localhost:5000/user", None, None));
        assert_eq!(Image::parse("localhost:5000/user:1.4"), image("localhost:5000/user", Some("1.4"), None));
        let pinned = Image::parse("registry.example/user:1@sha256:ab");
        assert_eq!(pinned, image("registry.example/user", Some("1"), Some("sha256:ab")));
        assert_eq!(pinned.of_part("relay"), image("registry.example/user-relay", Some("1"), None));
    }
}
