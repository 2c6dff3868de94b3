//! From what the rules find to the findings of a run: allowances, levels, order.

use super::super::{RULES, Rule, expired_allow, rule, unused_allow};
use super::allowances::Allowances;
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{LintLevel, Located};
use crate::semantic::suggest::nearest;
use foldhash::HashMap;
use jiff::civil::Date;
use rayon::prelude::*;

/// Runs every rule and gives all findings of a run, in order, each once.
///
/// A rule that is [unsilenceable](Rule::unsilenceable) stays an error whatever the register says of it, and what the register
/// says of it is a finding.
///
/// `findings` are those of reading and resolving. A finding of a rule is silenced by the innermost `allow` of that
/// rule around its first place; the rest takes the level that the platform's `lint` gives the rule. An `allow`
/// that silenced nothing and one that ran out before `today` are findings themselves, which no `allow` silences.
/// An allowance that ran out still silences: that a day has passed is a warning, never a new error. Without
/// `today` no allowance is asked for its day. Where reading or resolving made mistakes out, parts of the register are
/// missing, and with them perhaps what an `allow` is there for: then none is called unused.
pub fn apply(register: &Register, findings: Vec<Finding>, today: Option<Date>) -> Vec<Finding> {
    let mut found = findings;
    let is_whole = !found.iter().any(|finding| finding.severity == Severity::Error);
    let by_rule: Vec<Vec<Finding>> = RULES.par_iter().map(|rule| run(rule, register)).collect();
    found.extend(by_rule.into_iter().flatten());
    found.extend(names_of_no_rule(register));
    found.extend(silenced_in_vain(register));
    let mut kept = silence(register, found, is_whole, today);
    let levels: HashMap<&str, LintLevel> =
        register.platform.lints.iter().map(|lint| (lint.rule.as_str(), lint.level)).collect();
    kept.retain_mut(|finding| match levels.get(finding.rule) {
        None => true,
        Some(_) if !is_silenceable(finding.rule) => true,
        Some(LintLevel::Off) => false,
        Some(LintLevel::Deny) => {
            finding.severity = Severity::Error;
            true
        }
        Some(LintLevel::Warn) => {
            finding.severity = Severity::Warning;
            true
        }
    });
    sort(&mut kept);
    kept
}

fn run(rule: &Rule, register: &Register) -> Vec<Finding> {
    let mut findings = Vec::new();
    (rule.check)(register, &mut findings);
    findings
}

/// Sorts findings by place, then rule, then message, and drops repetitions. Those without a place come first.
fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|one, other| {
        let key =
            |finding: &Finding| (finding.primary().map(|place| (place.file, place.span.start)), finding.rule);
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    });
    findings.dedup();
}

fn silence(register: &Register, found: Vec<Finding>, is_whole: bool, today: Option<Date>) -> Vec<Finding> {
    let allowances = Allowances::new(&register.allows);
    let mut silenced_any = vec![false; register.allows.len()];
    let mut kept = Vec::new();
    for finding in found {
        match allowances.silencing(finding.rule, finding.primary()) {
            Some(allow) if is_silenceable(finding.rule) => silenced_any[allow] = true,
            _ => kept.push(finding),
        }
    }
    for (allow, silenced) in register.allows.iter().zip(silenced_any) {
        let until = allow.until.as_ref();
        if !silenced && is_silenceable(allow.rule.as_str()) {
            kept.extend(is_whole.then(|| unused_allow::finding(allow)));
        } else if let (Some(until), Some(today)) = (until, today)
            && until.value < today
        {
            kept.push(expired_allow::finding(allow, until));
        }
    }
    kept
}

/// Whether a name is that of a rule that `allow` and `lint` can silence.
fn is_silenceable(name: &str) -> bool {
    rule(name).is_some_and(|rule| rule.unsilenceable.is_none())
}

/// `allow` and `lint` of rules that cannot be silenced.
fn silenced_in_vain(register: &Register) -> impl Iterator<Item = Finding> {
    let allowed = register.allows.iter().map(|allow| (&allow.rule, "be allowed", "`allow`"));
    let lints = register.platform.lints.iter().filter(|lint| lint.level != LintLevel::Deny);
    let levelled = lints.map(|lint| match lint.level {
        LintLevel::Off => (&lint.rule, "be switched off", "`lint`"),
        _ => (&lint.rule, "be a mere warning", "`lint`"),
    });
    allowed.chain(levelled).filter_map(|(name, done, node)| {
        let why = rule(name.as_str())?.unsilenceable?;
        let message = format!("`{}` cannot {done}: {why}", name.value);
        let finding = Finding::error("wrong-value", message).at(name.place, "never silenced");
        Some(finding.help(format!("mend what the rule finds, and take the {node} out")))
    })
}

/// `allow` and `lint` that name no rule.
fn names_of_no_rule(register: &Register) -> Vec<Finding> {
    let allowed = register.allows.iter().map(|allow| &allow.rule);
    let levelled = register.platform.lints.iter().map(|lint| &lint.rule);
    let unknown = allowed.chain(levelled).filter(|name| rule(name.as_str()).is_none());
    unknown.map(name_of_no_rule).collect()
}

fn name_of_no_rule(name: &Located<String>) -> Finding {
    let finding = Finding::error("unknown-name", format!("there is no rule `{}`", name.value))
        .at(name.place, "not the name of a rule");
    match nearest(name.as_str(), RULES.iter().map(|rule| rule.name)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => {
            finding.help("`freehold explain --list` shows every rule; what reading finds cannot be allowed")
        }
    }
}
