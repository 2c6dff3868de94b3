//! From a register to all output, some services at a time, so that neither all schemas nor all texts are in memory
//! at once.

use super::{GenerateError, Selection, Stage};
use crate::backends::{
    Backend, GeneratedFile, bootstrap, consumers, docs, kafka, kubernetes, migrations, prometheus, protobuf,
    reconciliation, terraform,
};
use crate::infrastructure::{self, Infrastructure};
use crate::lock::{LockChange, Locks, Owner, ServiceLock};
use crate::lowering;
use crate::plan;
use crate::reconcile::{self, DatabaseReads};
use crate::schema::Schema;
use crate::semantic::Register;
use crate::semantic::model::ServiceId;
use crate::templates::{TemplateError, Templates};
use crate::wire::{self, Index, Uses};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How many services are worked on at a time for each core: enough that none waits long for another, few enough that what
/// they take is still at hand when the next are made in its place.
const SERVICES_OF_A_CORE: usize = 4;

/// Backends whose files are made from what runs.
const RUNNING: [Backend; 4] = [Backend::Kubernetes, Backend::Kafka, Backend::Prometheus, Backend::Terraform];

/// What output is made from, and which part of it is made.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// A register without errors.
    pub register: &'a Register,
    /// What is frozen.
    pub locks: &'a Locks,
    /// How files look.
    pub templates: &'a Templates,
    /// Which part is made.
    pub selection: &'a Selection,
}

/// What services gave that is of use to all.
#[derive(Default)]
struct Collected {
    /// The locks of services with the numbers that Protobuf takes.
    numbered: BTreeMap<Owner, ServiceLock>,
    /// What files of Protobuf use of those that services share.
    used_by_protobuf: BTreeSet<&'static str>,
    /// Whether there is any file of Protobuf.
    has_protobuf: bool,
    /// Where what services declare stands in files of Protobuf.
    wire: Index,
}

/// Makes everything that is made from a register, and gives the files of some services to `take` before it makes those
/// of the next. `ended` is told of every stage when it has ended, `take` being the last. Gives the locks that change.
///
/// # Errors
/// A template does not fit, or a migration cannot be planned or proved. Some files may have been given by then.
pub fn generate_in_parts(
    work: Work<'_>,
    take: &mut dyn FnMut(Vec<GeneratedFile>),
    ended: &mut dyn FnMut(Stage),
) -> Result<Vec<LockChange>, GenerateError> {
    let Work { register, locks, templates, selection } = work;
    let mut give = |mut files: Vec<GeneratedFile>, ended: &mut dyn FnMut(Stage)| {
        files.retain(|file| selection.includes(&file.path, &file.node));
        ended(Stage::Render);
        take(files);
        ended(Stage::Write);
    };
    let mut collected = Collected::default();
    let mut pages = Ok(Vec::new());
    // The pages are made by one core, so they are not left to the end, when the others have nothing to do.
    rayon::in_place_scope(|scope| {
        if selection.includes_backend(Backend::Docs) {
            scope.spawn(|_| pages = docs::render(register, locks, templates));
        }
        let is_run = RUNNING.iter().any(|backend| selection.includes_backend(*backend));
        let infrastructure = is_run.then(|| Infrastructure::of(register, locks));
        // Jobs in a cluster read what this and the services' SQL make, and the names of Jobs depend on it.
        let mut shared = work.reconciliation_shared()?;
        let inputs = kubernetes::Inputs::of(templates, infrastructure::platform(register), &shared)?;
        let in_cluster = infrastructure.as_ref().filter(|_| work.has_jobs());
        let cluster = in_cluster
            .map(|infrastructure| {
                kubernetes::Context::new(templates, register, infrastructure, &inputs.shared)
            })
            .transpose()?;
        let of_inputs = inputs.kustomizations;
        let uses = Uses::of(register);
        let at_a_time = SERVICES_OF_A_CORE * rayon::current_num_threads();
        for services in work.services_on_the_wire().chunks(at_a_time) {
            give(work.proto(services, &uses, &mut collected)?, ended);
        }
        let programs = consumers::Context { templates, register, locks, wire: &collected.wire };
        let reads = reconcile::reads(register);
        for services in selection.services(register).chunks(at_a_time) {
            let mut files = work.sql(services, &collected.wire, &reads, ended)?;
            files.extend(work.reconciliation(services)?);
            files.extend(work.programs(services, programs)?);
            let in_cluster = work.cluster(services, infrastructure.as_ref().zip(cluster.as_ref()), &files)?;
            files.extend(in_cluster);
            give(files, ended);
        }
        shared.extend(of_inputs);
        if collected.has_protobuf {
            shared.extend(protobuf::render_shared(templates, &collected.used_by_protobuf)?);
        }
        if let Some(cluster) = cluster {
            shared.extend(cluster.shared()?);
        }
        if let Some(infrastructure) = &infrastructure {
            shared.extend(work.around(infrastructure)?);
        }
        if selection.includes_backend(Backend::Consumers) {
            shared.extend(consumers::render_shared(programs)?);
        }
        give(shared, ended);
        Ok::<(), GenerateError>(())
    })?;
    give(pages?, ended);
    let mut changes = locks.changes_with(&collected.numbered);
    changes.retain(|change| selection.includes_lock(&change.owner));
    Ok(changes)
}

impl Work<'_> {
    fn has_jobs(self) -> bool {
        self.selection.includes_backend(Backend::Kubernetes)
    }

    fn is_wanted_or_read_by_jobs(self, backend: Backend) -> bool {
        self.selection.includes_backend(backend) || self.has_jobs()
    }

    /// Migrations and what an administrator runs before them, of those services that have a database.
    fn sql(
        self,
        services: &[ServiceId],
        wire: &Index,
        reads: &BTreeMap<ServiceId, DatabaseReads>,
        ended: &mut dyn FnMut(Stage),
    ) -> Result<Vec<GeneratedFile>, GenerateError> {
        let Work { register, locks, templates, .. } = self;
        if !self.is_wanted_or_read_by_jobs(Backend::Sql) {
            return Ok(Vec::new());
        }
        let has_database = |id: &ServiceId| register.services[*id].database.is_some();
        let services: Vec<ServiceId> = services.iter().copied().filter(has_database).collect();
        let name = |id: ServiceId| register.services[id].name.value.clone();
        // One service knows nothing of another here, so each stage works on all of them at once.
        let schemas: Vec<Schema> =
            services.par_iter().map(|id| lowering::lower(register, wire, *id)).collect();
        ended(Stage::Lower);
        let plans = in_order(services.par_iter().zip(&schemas).map(|(id, schema)| {
            plan::initial(schema)
                .map_err(|error| GenerateError::Plan { service: name(*id), error: Box::new(error) })
        }))?;
        ended(Stage::Plan);
        in_order(services.par_iter().zip(&schemas).zip(&plans).map(|((id, schema), plan)| {
            plan::prove(plan, schema)
                .map_err(|error| GenerateError::Proof { service: name(*id), error: Box::new(error) })
        }))?;
        ended(Stage::Prove);
        // Schemas and plans are many small parts: whoever is the last to use one takes it apart.
        let files = in_order(services.par_iter().zip(schemas).zip(plans).map(|((id, _schema), plan)| {
            let lock = locks.service(&name(*id));
            let mut files: Vec<GeneratedFile> =
                bootstrap::render(templates, register, lock, *id, reads.get(id))?.into_iter().collect();
            files.extend(migrations::render_initial(templates, register, lock, *id, &plan)?);
            Ok(files)
        }))?;
        ended(Stage::Render);
        Ok(files.into_iter().flatten().collect())
    }

    /// The services whose files of Protobuf are lowered: all where programs are made, which use messages of others.
    fn services_on_the_wire(self) -> Vec<ServiceId> {
        match self.selection.includes_backend(Backend::Consumers) {
            true => self.register.services.ids().collect(),
            false => self.selection.services(self.register),
        }
    }

    /// Files of Protobuf of some services. Also where they are not wanted numbers are given: a lock is written as a whole.
    fn proto(
        self,
        services: &[ServiceId],
        uses: &Uses,
        collected: &mut Collected,
    ) -> Result<Vec<GeneratedFile>, GenerateError> {
        let Work { register, locks, templates, selection } = self;
        let is_wanted = selection.includes_backend(Backend::Proto);
        let made = in_order(services.par_iter().map(|id| {
            let name = &register.services[*id].name.value;
            let mut lock = locks.service(name).clone();
            let wire = wire::lower(register, uses, *id, &mut lock);
            let (mut files, mut shared) = (Vec::new(), BTreeSet::new());
            if is_wanted && selection.includes_service(name) {
                files = protobuf::render_service(templates, name, &wire.files)?;
                shared = protobuf::shared(&wire.files);
            }
            Ok((files, shared, wire.index, name, lock))
        }))?;
        let mut files = Vec::new();
        for (of_service, used, in_files, name, lock) in made {
            files.extend(of_service);
            collected.used_by_protobuf.extend(used);
            collected.wire.extend(in_files);
            if selection.includes_service(name) {
                collected.numbered.insert(Owner::Service(name.clone()), lock);
            }
        }
        collected.has_protobuf |= !files.is_empty();
        Ok(files)
    }

    /// Programs of some services.
    fn programs(
        self,
        services: &[ServiceId],
        context: consumers::Context<'_>,
    ) -> Result<Vec<GeneratedFile>, GenerateError> {
        if !self.selection.includes_backend(Backend::Consumers) {
            return Ok(Vec::new());
        }
        let of_services =
            in_order(services.par_iter().map(|id| Ok(consumers::render_service(context, *id)?)))?;
        Ok(of_services.into_iter().flatten().collect())
    }

    /// Queries and scripts of those services that have something to compare.
    fn reconciliation(self, services: &[ServiceId]) -> Result<Vec<GeneratedFile>, GenerateError> {
        if !self.is_wanted_or_read_by_jobs(Backend::Reconciliation) {
            return Ok(Vec::new());
        }
        let of_services = in_order(
            services
                .par_iter()
                .map(|id| Ok(reconciliation::render_service(self.templates, self.register, *id)?)),
        )?;
        Ok(of_services.into_iter().flatten().collect())
    }

    /// What scripts of reconciliation share.
    fn reconciliation_shared(self) -> Result<Vec<GeneratedFile>, TemplateError> {
        if !self.is_wanted_or_read_by_jobs(Backend::Reconciliation) {
            return Ok(Vec::new());
        }
        reconciliation::render_shared(self.templates, self.register)
    }

    /// What runs of some services in a cluster, where that is wanted, and the ConfigMaps over files of other outputs
    /// that their Jobs read.
    fn cluster(
        self,
        services: &[ServiceId],
        cluster: Option<(&Infrastructure, &kubernetes::Context<'_>)>,
        others: &[GeneratedFile],
    ) -> Result<Vec<GeneratedFile>, GenerateError> {
        let platform = infrastructure::platform(self.register);
        let inputs = kubernetes::Inputs::of(self.templates, platform, others)?;
        let mut files = inputs.kustomizations;
        if let Some((infrastructure, context)) = cluster {
            let nothing = kubernetes::JobFiles::default();
            let made = in_order(services.par_iter().map(|id| {
                let service = &infrastructure.services[id.index()];
                Ok(context.service(*id, inputs.services.get(&service.name).unwrap_or(&nothing))?)
            }))?;
            files.extend(made.into_iter().flatten());
        }
        Ok(files)
    }

    /// What is around a cluster: topics, alerts, servers.
    fn around(self, infrastructure: &Infrastructure) -> Result<Vec<GeneratedFile>, TemplateError> {
        let Work { register, templates, selection, .. } = self;
        let mut files = Vec::new();
        if selection.includes_backend(Backend::Kafka) {
            files.extend(kafka::render(register, infrastructure, templates)?);
        }
        if selection.includes_backend(Backend::Prometheus) {
            files.extend(prometheus::render(register, infrastructure, templates)?);
        }
        if selection.includes_backend(Backend::Terraform) {
            files.extend(terraform::render(register, infrastructure, templates)?);
        }
        Ok(files)
    }
}

/// All results, or the first error in the order of the services, whichever thread was first.
fn in_order<T: Send>(
    results: impl IndexedParallelIterator<Item = Result<T, GenerateError>>,
) -> Result<Vec<T>, GenerateError> {
    let results: Vec<Result<T, GenerateError>> = results.collect();
    results.into_iter().collect()
}
