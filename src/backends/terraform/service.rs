//! The root of a service with buckets, or with secrets that are kept in AWS.

use super::{Move, Root, Roots, address, moves, quoted_label};
use crate::infrastructure::{Service, service_secret_in_aws};
use crate::semantic::Register;
use crate::semantic::model::{Environment, SecretsFrom};
use crate::templates::{Hcl, HclAttributes, HclComment, HclString, Quoted, TemplateError};
use serde::Serialize;

/// What labels of modules of buckets begin with.
const BUCKET: &str = "bucket_";

/// Most bytes of names in a description, of which AWS takes 2048.
const LONGEST_LIST: usize = 1900;

#[derive(Serialize)]
struct View {
    introduction: HclComment,
    has_buckets: bool,
    buckets: Vec<BucketView>,
    moves: Vec<Move>,
}

#[derive(Serialize)]
struct BucketView {
    module: HclString,
    address: Quoted,
    /// The key in the variable with names.
    key: HclString,
}

pub(super) fn render(roots: &mut Roots<'_>, service: &Service) -> Result<(), TemplateError> {
    let register = roots.register;
    let has_secrets = has_secrets(register, service);
    if service.buckets.is_empty() && !has_secrets {
        return Ok(());
    }
    let root =
        Root { folder: "services", name: &service.name, kind: "service", lasting: &service.lasting_name };
    let bucket_moves = service.buckets.iter().flat_map(|bucket| {
        moves(|name| address(BUCKET, name), &bucket.identifier, bucket.was.as_deref(), &bucket.name)
    });
    let view = View {
        introduction: HclComment::new(&format!("Buckets and secrets of the service {}.", service.name)),
        has_buckets: !service.buckets.is_empty(),
        buckets: service
            .buckets
            .iter()
            .map(|bucket| BucketView {
                module: quoted_label(BUCKET, &bucket.name),
                address: address(BUCKET, &bucket.name),
                key: HclString::new(&bucket.identifier),
            })
            .collect(),
        moves: bucket_moves.collect(),
    };
    roots.file(&root, "main.tf", "terraform/service/main.tf", &view)?;
    roots.file(&root, "variables.tf", "terraform/service/variables.tf", &view)?;
    roots.file(&root, "outputs.tf", "terraform/service/outputs.tf", &view)?;
    roots.add(&root, |environment| values(register, service, environment))
}

/// Whether variables of the service come from AWS Secrets Manager.
fn has_secrets(register: &Register, service: &Service) -> bool {
    let from_aws = matches!(register.platform.kubernetes.secrets, SecretsFrom::ExternalSecrets { .. });
    from_aws && !service.secrets.is_empty()
}

fn values(register: &Register, service: &Service, environment: Environment<'_>) -> HclAttributes {
    let names = service
        .buckets
        .iter()
        .map(|bucket| (bucket.identifier.clone(), environment.named(&bucket.identifier).into()));
    let mut secrets = Vec::new();
    if has_secrets(register, service) {
        let names = service.secrets.join(", ");
        let description = match names.len() <= LONGEST_LIST {
            true => format!("A JSON object of {names}"),
            false => format!("A JSON object of {} variables", service.secrets.len()),
        };
        let secret = Hcl::map([
            ("name", service_secret_in_aws(register, environment, &service.lasting_name).into()),
            ("description", description.into()),
        ]);
        secrets.push(("variables".to_owned(), secret));
    }
    let mut values = HclAttributes::new(0);
    values.set("name", environment.named(&service.lasting_name.replace('.', "-")));
    if !service.buckets.is_empty() {
        values.set("bucket_names", Hcl::Map(names.collect()));
    }
    values.set("secrets", Hcl::Map(secrets));
    values
}
