//! Secrets that External Secrets brings from AWS Secrets Manager.

use super::Context;
use super::parts::{CA_FILE, Entry, POOLER_CA_FILE, comment, verified_url};
use crate::infrastructure::{
    Database, DatabaseAccess, DatabaseRole, RoleKind, Route, SecretKey, Service, port, role_secret_in_aws,
    service_secret, service_secret_in_aws,
};
use crate::semantic::model::Environment;
use crate::templates::{Quoted, TemplateError, Yaml};
use serde::Serialize;

#[derive(Serialize)]
struct SecretsView {
    introduction: Quoted,
    store: Yaml,
    secrets: Vec<SecretView>,
}

#[derive(Serialize)]
struct SecretView {
    name: Yaml,
    remote: Yaml,
    has_urls: bool,
    urls: Vec<Entry>,
}

impl Context<'_> {
    /// The secrets of a service in an environment: one for each role that something connects as, and one for its variables. None where it needs none.
    pub(super) fn external_secrets(
        &self,
        environment: Environment<'_>,
        service: &Service,
        store: &str,
    ) -> Result<Option<String>, TemplateError> {
        let mut secrets = Vec::new();
        if let Some(database) = &service.database {
            let used = database.roles.iter().filter(|role| self.roles.contains(&(service.id, role.kind)));
            secrets.extend(used.map(|role| self.role_secret_view(environment, service, database, role)));
        }
        if !service.secrets.is_empty() {
            secrets.push(SecretView {
                name: service_secret(&service.name).into(),
                remote: service_secret_in_aws(self.register, environment, &service.lasting_name).into(),
                has_urls: false,
                urls: Vec::new(),
            });
        }
        if secrets.is_empty() {
            return Ok(None);
        }
        let view = SecretsView {
            introduction: comment(&format!(
                "Secrets of the service {} in {}, which hold what AWS Secrets Manager holds.",
                service.name,
                environment.name()
            )),
            store: store.into(),
            secrets,
        };
        self.templates.render("kubernetes/external-secrets.yaml", &view).map(Some)
    }

    fn role_secret_view(
        &self,
        environment: Environment<'_>,
        service: &Service,
        database: &Database,
        role: &DatabaseRole,
    ) -> SecretView {
        let route = match role.kind {
            RoleKind::Application | RoleKind::Readonly => Route::Pooled,
            RoleKind::Owner | RoleKind::Reconciler => Route::Direct,
        };
        let access = DatabaseAccess { service: service.id, role: role.kind, route, variable: String::new() };
        // A server has to prove who it is, and so has a pooler.
        let direct = url("{{ .host }}:{{ .port }}", &verified_url(CA_FILE));
        let own = match self.pooler(environment, &access) {
            Some(pooler) => url(&format!("{pooler}:{}", port::POOLER), &verified_url(POOLER_CA_FILE)),
            None => direct.clone(),
        };
        let entry = |key: SecretKey, url: String| Entry { key: key.name().into(), value: url.into() };
        let mut urls = vec![entry(SecretKey::Url, own)];
        if role.kind == RoleKind::Application {
            urls.push(entry(SecretKey::DirectUrl, direct));
        }
        SecretView {
            name: role.secret.as_str().into(),
            remote: role_secret_in_aws(self.register, environment, &database.name, role).into(),
            has_urls: true,
            urls,
        }
    }
}

/// A URL as External Secrets makes it from the other keys. What a URL takes for more than a letter is escaped, a space as `%20`.
fn url(host: &str, settings: &str) -> String {
    let escaped = |key: SecretKey| format!("{{{{ .{} | urlquery | replace \"+\" \"%20\" }}}}", key.name());
    let (user, password) = (escaped(SecretKey::Username), escaped(SecretKey::Password));
    format!("postgresql://{user}:{password}@{host}/{}?{settings}", escaped(SecretKey::Database))
}
