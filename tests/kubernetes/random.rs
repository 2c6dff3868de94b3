//! Objects of random registers have their shapes, and policies two ends.

use crate::cluster::{Cluster, build};
use crate::network::{ways, with_names};
use crate::registers::{choice, register};
use crate::shapes::faults_of;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_register_makes_a_cluster_that_holds_together(
        choices in vec(choice(), 1..6),
        pooler in proptest::option::of(1..40_u8),
        is_external in any::<bool>(),
    ) {
        let text = register(&choices, pooler, is_external);
        let files = build(&text);
        for environment in ["production", "staging"] {
            let runs = files.contains_key(&format!("kubernetes/overlays/{environment}/kustomization.yaml"));
            let expected = choices.iter().any(|choice| choice.deploy > 0 || choice.database > 0);
            prop_assert_eq!(runs, expected, "{}", text);
            if !runs {
                continue;
            }
            let cluster = Cluster::of(&files, environment);
            for (key, object) in &cluster.objects {
                prop_assert_eq!(faults_of(object), Vec::<String>::new(), "{:?} of\n{}", key, text);
            }
            let (ingress, egress) = (ways(&cluster, "ingress"), ways(&cluster, "egress"));
            prop_assert_eq!(with_names(&ingress), with_names(&egress), "{}", text);
        }
    }
}
