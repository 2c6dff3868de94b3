//! Network policies: what is not declared does not pass.

use super::Context;
use super::parts::{NAMESPACE_NAME, comment, pooler_selector, service_selector, workload_selector};
use crate::infrastructure::{Reach, Server, Service, Workload, WorkloadKind, port};
use crate::semantic::model::{Environment, ExternId, StoreKind};
use crate::templates::{Quoted, TemplateError, Yaml};
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeSet;

/// Networks that are no part of the internet: private ones, those between the links of a cloud and its machines, those of carriers.
const NOT_INTERNET: [&str; 5] =
    ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
/// The same of IPv6.
const NOT_INTERNET_6: [&str; 2] = ["fc00::/7", "fe80::/10"];
/// HTTPS, by which buckets are reached.
const HTTPS: u16 = 443;
/// Where NodeLocal DNSCache answers, in clusters that have it (Kubernetes, "Using NodeLocal DNSCache").
const NODE_LOCAL_DNS: &str = "169.254.20.10/32";
/// Where EKS says who a pod is in AWS (Amazon EKS user guide, "EKS Pod Identity"), and its port.
const POD_IDENTITY: [&str; 2] = ["169.254.170.23/32", "fd00:ec2::23/128"];
const POD_IDENTITY_PORT: u16 = 80;

#[derive(Serialize)]
struct PoliciesView {
    introduction: Quoted,
    policies: Vec<PolicyView>,
}

/// A NetworkPolicy.
#[derive(Serialize)]
pub struct PolicyView {
    name: Yaml,
    selector: Yaml,
    types: Yaml,
    has_ingress: bool,
    ingress: Vec<RuleView>,
    has_egress: bool,
    egress: Vec<RuleView>,
}

/// Who may come in or be reached, and on which ports.
#[derive(Clone, Serialize)]
pub struct RuleView {
    comment: Quoted,
    peers: Vec<Yaml>,
    ports: Yaml,
}

impl RuleView {
    fn new(about: &str, peers: Vec<Yaml>, ports: &[u16]) -> RuleView {
        let port = |number: &u16| Yaml::map([("protocol", "TCP".into()), ("port", (*number).into())]);
        RuleView { comment: comment(about), peers, ports: Yaml::list(ports.iter().map(port)) }
    }

    fn dns() -> RuleView {
        let port = |protocol: &str| Yaml::map([("protocol", protocol.into()), ("port", port::DNS.into())]);
        let matches = |key: &str, value: &str| Yaml::map([("matchLabels", Yaml::map([(key, value.into())]))]);
        let peer = Yaml::map([
            ("namespaceSelector", matches(NAMESPACE_NAME, "kube-system")),
            ("podSelector", matches("k8s-app", "kube-dns")),
        ]);
        RuleView {
            comment: comment("names"),
            peers: vec![peer, block(NODE_LOCAL_DNS)],
            ports: Yaml::list(["UDP", "TCP"].map(port)),
        }
    }
}

impl PolicyView {
    fn new(name: &str, selector: Yaml, types: &[&str]) -> PolicyView {
        PolicyView {
            name: name.into(),
            selector,
            types: Yaml::list(types.iter().copied()),
            has_ingress: false,
            ingress: Vec::new(),
            has_egress: false,
            egress: Vec::new(),
        }
    }

    fn with(mut self, ingress: Vec<RuleView>, egress: Vec<RuleView>) -> PolicyView {
        self.has_ingress = !ingress.is_empty();
        self.has_egress = !egress.is_empty();
        self.ingress = ingress;
        self.egress = egress;
        self
    }
}

/// Pods of the same namespace.
fn pods(selector: Yaml) -> Yaml {
    Yaml::map([("podSelector", Yaml::map([("matchLabels", selector)]))])
}

/// All pods of a namespace.
fn namespace(name: &str) -> Yaml {
    let labels = Yaml::map([(NAMESPACE_NAME, name.into())]);
    Yaml::map([("namespaceSelector", Yaml::map([("matchLabels", labels)]))])
}

fn networks(networks: &[IpNet]) -> Vec<Yaml> {
    networks.iter().map(|network| block(&network.to_string())).collect()
}

/// The addresses of a network.
fn block(network: &str) -> Yaml {
    Yaml::map([("ipBlock", Yaml::map([("cidr", network.into())]))])
}

/// Everything that has an address on the internet.
fn internet() -> Vec<Yaml> {
    let but = |all: &str, but: &[&str]| {
        let but = Yaml::list(but.iter().copied());
        Yaml::map([("ipBlock", Yaml::map([("cidr", all.into()), ("except", but)]))])
    };
    vec![but("0.0.0.0/0", &NOT_INTERNET), but("::/0", &NOT_INTERNET_6)]
}

impl Context<'_> {
    /// The policies of a service that are the same everywhere: nothing for all of its pods, and then for each workload what is in
    /// the cluster.
    pub fn policies(&self, service: &Service) -> Result<String, TemplateError> {
        let nothing = PolicyView::new(
            &format!("{}-nothing", service.name),
            service_selector(&service.name),
            &["Ingress", "Egress"],
        );
        let mut policies = vec![nothing];
        for workload in &service.workloads {
            let (ingress, egress) = (self.ingress(service, workload), self.egress(service, workload));
            policies.push(self.policy(service, workload, "", &["Ingress", "Egress"]).with(ingress, egress));
        }
        let about =
            format!("Who may reach the service {}, and whom it may reach in the cluster.", service.name);
        self.render_policies(&about, policies)
    }

    /// The policies of a service that an environment decides: databases, brokers and stores.
    pub fn policies_outside(
        &self,
        environment: Environment<'_>,
        service: &Service,
    ) -> Result<Option<String>, TemplateError> {
        let mut policies = Vec::new();
        for workload in &service.workloads {
            let egress = self.outside(environment, service, workload);
            if !egress.is_empty() {
                let policy = self.policy(service, workload, "outside", &["Egress"]);
                policies.push(policy.with(Vec::new(), egress));
            }
        }
        if policies.is_empty() {
            return Ok(None);
        }
        let about = format!("Which databases, brokers and stores the service {} may reach.", service.name);
        self.render_policies(&about, policies).map(Some)
    }

    /// The policy of a pooler: who connects through it, and its server.
    pub fn pooler_policy(
        &self,
        environment: Environment<'_>,
        server: &Server,
        pooler: &str,
        clients: &[(&Service, &Workload)],
    ) -> Result<String, TemplateError> {
        let peers =
            clients.iter().map(|(service, workload)| pods(workload_selector(&service.name, &workload.name)));
        let ingress = RuleView::new("what connects through it", peers.collect(), &[port::POOLER]);
        let ingress = if ingress.peers.is_empty() { Vec::new() } else { vec![ingress] };
        let databases = networks(environment.server_networks(server.id));
        let egress = vec![RuleView::dns(), RuleView::new("the server", databases, &[port::POSTGRES])];
        let policy = PolicyView::new(pooler, pooler_selector(pooler), &["Ingress", "Egress"]);
        let about = format!("Who may reach the pooler before {}, and whom it may reach.", server.name);
        self.render_policies(&about, vec![policy.with(ingress, egress)])
    }

    fn render_policies(&self, about: &str, policies: Vec<PolicyView>) -> Result<String, TemplateError> {
        let view = PoliciesView { introduction: comment(about), policies };
        self.templates.render("kubernetes/network-policies.yaml", &view)
    }

    fn policy(&self, service: &Service, workload: &Workload, ending: &str, types: &[&str]) -> PolicyView {
        let name = match ending {
            "" => workload.name.clone(),
            _ => format!("{}-{ending}", workload.name),
        };
        PolicyView::new(&name, workload_selector(&service.name, &workload.name), types)
    }

    fn ingress(&self, service: &Service, workload: &Workload) -> Vec<RuleView> {
        let mut rules = Vec::new();
        if workload.kind == WorkloadKind::Service {
            let callers = self.callers.get(&service.id).map_or(&[][..], Vec::as_slice);
            let mut callers: Vec<(&str, Yaml)> = callers
                .iter()
                .map(|(caller, workload)| {
                    (workload.name.as_str(), pods(workload_selector(&caller.name, &workload.name)))
                })
                .collect();
            callers.sort_by_key(|(name, _)| *name);
            let externs = self.namespaces(service.callers.externs.iter());
            let port = service.port.unwrap_or_default();
            let peers: Vec<Yaml> = callers.into_iter().map(|(_, peer)| peer).chain(externs).collect();
            if !peers.is_empty() {
                rules.push(RuleView::new("who calls it", peers, &[port]));
            }
        }
        if workload.kind.is_running() {
            let scrapers = self.namespaces(service.callers.scrapers.iter());
            if !scrapers.is_empty() {
                rules.push(RuleView::new("who reads its metrics", scrapers, &[port::METRICS]));
            }
        }
        rules
    }

    /// The namespaces of externs, each once. One without a namespace is outside of the cluster, and comes in through something
    /// that has one.
    fn namespaces<'a>(&self, externs: impl Iterator<Item = &'a ExternId>) -> Vec<Yaml> {
        let named = externs.filter_map(|id| self.register.externs[*id].namespace.as_ref());
        let names: BTreeSet<&str> = named.map(|name| name.as_str()).collect();
        names.into_iter().map(namespace).collect()
    }

    fn egress(&self, service: &Service, workload: &Workload) -> Vec<RuleView> {
        let mut rules = vec![RuleView::dns()];
        let Reach { services, externs } = &workload.reach;
        let mut services: Vec<&Service> =
            services.iter().map(|id| self.infrastructure.service(*id)).collect();
        services.sort_by_key(|service| service.name.as_str());
        for called in services {
            let Some(number) = called.port else { continue };
            let peer = pods(workload_selector(&called.name, &called.name));
            rules.push(RuleView::new(&format!("the service {}", called.name), vec![peer], &[number]));
        }
        let mut externs: Vec<_> = externs.iter().map(|id| &self.register.externs[*id]).collect();
        externs.sort_by_key(|called| called.name.as_str());
        for called in externs {
            let peers = match &called.namespace {
                Some(name) => vec![namespace(name.as_str())],
                None => internet(),
            };
            rules.push(RuleView::new(&format!("{}, an extern", called.name.as_str()), peers, &[called.port]));
        }
        if !service.buckets.is_empty() && uses_stores(workload) {
            let peers = POD_IDENTITY.map(block).into();
            rules.push(RuleView::new("who it is in AWS", peers, &[POD_IDENTITY_PORT]));
        }
        rules
    }

    fn outside(&self, environment: Environment<'_>, service: &Service, workload: &Workload) -> Vec<RuleView> {
        let mut rules = Vec::new();
        let mut direct: BTreeSet<IpNet> = BTreeSet::new();
        for access in &workload.databases {
            match self.pooler(environment, access) {
                Some(pooler) => {
                    let peer = pods(pooler_selector(&pooler));
                    rules.push(RuleView::new("its database", vec![peer], &[port::POOLER]));
                }
                None => {
                    let server = self.infrastructure.database(access.service).map(|database| database.server);
                    direct.extend(server.into_iter().flat_map(|server| environment.server_networks(server)));
                }
            }
        }
        if !direct.is_empty() {
            let peers = direct.iter().map(|network| block(&network.to_string())).collect();
            rules.push(RuleView::new("databases", peers, &[port::POSTGRES]));
        }
        if workload.uses_brokers {
            rules.push(self.brokers(environment));
        }
        if uses_stores(workload) {
            let ports = store_ports(&self.register.services[service.id].stores);
            if !ports.is_empty() {
                let peers = networks(&environment.network().stores);
                rules.push(RuleView::new("its stores", peers, &ports));
            }
            if !service.buckets.is_empty() {
                let peers = environment.network().buckets.as_deref().map_or_else(internet, networks);
                rules.push(RuleView::new("its buckets", peers, &[HTTPS]));
            }
        }
        rules
    }

    /// Brokers that the environment names are somewhere in its network; others are Strimzi's, in the same namespace.
    fn brokers(&self, environment: Environment<'_>) -> RuleView {
        let mut ports: Vec<u16> =
            environment.bootstrap_servers().iter().map(|endpoint| endpoint.port).collect();
        ports.sort_unstable();
        ports.dedup();
        let peers = match environment.kafka().bootstrap_servers.is_empty() {
            true => vec![pods(Yaml::map([
                ("strimzi.io/cluster", environment.kafka_cluster().into()),
                ("strimzi.io/kind", "Kafka".into()),
            ]))],
            false => networks(&environment.network().brokers),
        };
        RuleView::new("brokers", peers, &ports)
    }
}

/// People's programs reach the stores of their service; a relay and jobs have no business there.
fn uses_stores(workload: &Workload) -> bool {
    matches!(workload.kind, WorkloadKind::Service | WorkloadKind::Consumer { .. })
}

/// The ports on which stores listen by default, those that speak TLS included.
fn store_ports(stores: &[crate::semantic::model::Store]) -> Vec<u16> {
    let ports = |kind: StoreKind| -> &[u16] {
        match kind {
            StoreKind::Redis => &[6379],
            StoreKind::Neo4j => &[7687],
            StoreKind::ClickHouse => &[8443, 9440],
            StoreKind::OpenSearch => &[443, 9200],
            // Reached over the internet's addresses.
            StoreKind::S3 => &[],
        }
    };
    let mut all: Vec<u16> = stores.iter().flat_map(|store| ports(store.kind)).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
