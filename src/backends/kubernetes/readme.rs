//! How it is applied.

use super::parts::authority_secret;
use super::{Context, REGISTER, parts};
use crate::backends::GeneratedFile;
use crate::backends::sql_text::one_line_feed_at_the_end;
use crate::semantic::model::{KafkaTooling, SecretsFrom};
use crate::templates::{MarkdownCode, Quoted, TemplateError};
use serde::Serialize;

#[derive(Serialize)]
struct ReadmeView {
    environments: Vec<EnvironmentView>,
    has_keda: bool,
    has_external_secrets: bool,
    has_strimzi: bool,
    authorities: Vec<AuthorityView>,
    store: MarkdownCode,
    certificates: MarkdownCode,
    oldest_minor: u32,
    /// Whether Kubernetes itself waits before a pod ends.
    sleeps_itself: bool,
    has_poolers: bool,
    has_issuer: bool,
    issuer: MarkdownCode,
    pooler_certificates: MarkdownCode,
    images: Vec<ImageView>,
}

/// An image that the register decides, and how the list goes on behind it.
#[derive(Serialize)]
struct ImageView {
    name: MarkdownCode,
    is_pinned: bool,
    end: Quoted,
}

/// Where the certificates of those lie who sign for the brokers.
#[derive(Serialize)]
struct AuthorityView {
    secret: MarkdownCode,
    namespace: MarkdownCode,
}

#[derive(Serialize)]
struct EnvironmentView {
    name: MarkdownCode,
    namespace: MarkdownCode,
    folder: MarkdownCode,
}

impl Context<'_> {
    /// The page in the folder.
    pub(super) fn readme(&self) -> Result<GeneratedFile, TemplateError> {
        let environments = self.register.environments().map(|environment| EnvironmentView {
            name: MarkdownCode::new(environment.name()),
            namespace: MarkdownCode::new(&environment.namespace()),
            folder: MarkdownCode::new(&format!("overlays/{}", environment.name())),
        });
        let kubernetes = &self.register.platform.kubernetes;
        let store = match &kubernetes.secrets {
            SecretsFrom::ExternalSecrets { store } => Some(store.as_str()),
            SecretsFrom::Kubernetes => None,
        };
        let authorities = self.register.environments().map(|environment| AuthorityView {
            secret: MarkdownCode::new(&authority_secret(environment)),
            namespace: MarkdownCode::new(&environment.namespace()),
        });
        let issuer = kubernetes.pooler_issuer.as_ref().map(|issuer| issuer.as_str());
        let has_poolers = self.infrastructure.servers.iter().any(|server| server.pooler.is_some());
        let images = [Some(&self.psql_image), has_poolers.then_some(&self.pooler_image)];
        let last = images.iter().flatten().count();
        let images = images.into_iter().flatten().enumerate().map(|(index, image)| ImageView {
            name: MarkdownCode::new(&super::full_name(image)),
            is_pinned: image.digest.is_some(),
            end: Quoted::already(if index + 1 == last { "." } else { ";" }),
        });
        let view = ReadmeView {
            oldest_minor: self.oldest_minor(),
            sleeps_itself: self.oldest_minor() >= 30,
            has_poolers,
            has_issuer: issuer.is_some(),
            issuer: MarkdownCode::new(issuer.unwrap_or_default()),
            pooler_certificates: MarkdownCode::new(parts::POOLER_CA_CONFIG_MAP),
            images: images.collect(),
            environments: environments.collect(),
            has_keda: kubernetes.keda,
            has_external_secrets: store.is_some(),
            has_strimzi: self.register.platform.kafka.tooling == KafkaTooling::Strimzi,
            authorities: authorities.collect(),
            store: MarkdownCode::new(store.unwrap_or_default()),
            certificates: MarkdownCode::new(parts::CA_CONFIG_MAP),
        };
        Ok(GeneratedFile {
            path: "kubernetes/README.md".to_owned(),
            node: REGISTER.to_owned(),
            contents: one_line_feed_at_the_end(self.templates.render("kubernetes/README.md", &view)?),
        })
    }
}
