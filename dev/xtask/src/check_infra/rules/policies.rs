//! Policy documents: where they are, and that API Management takes them.

use roxmltree::{Document, Node};

use super::super::deployment::Deployment;
use super::super::project::Project;
use super::policy_elements::{Holds, SECTIONS, holds};
use super::{Judged, Rule, Rules, unless};

pub(super) const RULES: Rules = &[
    ("policies-well-formed", Rule::Project(well_formed)),
    ("policies-elements-allowed", Rule::Project(elements_allowed)),
    ("policies-only-where-judged", Rule::Deployment(only_here)),
];

const KINDS: [&str; 3] = [
    "Microsoft.ApiManagement/service/policies",
    "Microsoft.ApiManagement/service/apis/policies",
    "Microsoft.ApiManagement/service/apis/operations/policies",
];

/// A policy document and what it belongs to.
pub(super) struct Policy {
    /// Of the service, of an API or of an operation.
    pub owner: String,
    pub xml: String,
}

/// The policy documents of a deployment, widest scope first.
pub(super) fn of(deployment: &Deployment) -> Result<Vec<Policy>, String> {
    let mut found = vec![];
    for policy in KINDS.iter().flat_map(|kind| deployment.all(kind)) {
        let owner = policy.name.rsplit_once('/').map_or(&*policy.name, |(owner, _)| owner).to_owned();
        let xml =
            document(policy.text("/properties/value")).ok_or_else(|| format!("{owner}: the policy cannot be read"))?;
        found.push(Policy { owner, xml });
    }
    if found.is_empty() { Err("there is no policy".to_owned()) } else { Ok(found) }
}

/// The text of a policy, also of one inside an ARM expression such as `[replace('<policies>…', …)]`.
fn document(value: &str) -> Option<String> {
    if !value.starts_with('[') {
        return Some(value.to_owned());
    }
    let quoted = value.get(value.find("'<")? + 1..)?;
    let doubled = "\u{0}";
    let text = quoted.replace("''", doubled);
    Some(text.split('\'').next()?.replace(doubled, "'"))
}

/// A product's, a workspace's or a fragment would have its say unseen.
fn only_here(deployment: &Deployment) -> Judged {
    let strange = deployment.resources.iter().filter(|resource| {
        let kind = resource.kind.as_str();
        let is_policy = kind.ends_with("/policies") || kind.ends_with("/policyFragments");
        is_policy && kind.starts_with("Microsoft.ApiManagement/") && !KINDS.contains(&kind)
    });
    Ok(strange.map(|resource| format!("{} is a {}", resource.name, resource.kind)).collect())
}

/// Judges each document of each deployment, and each file, once.
fn each(project: &Project, judge: impl Fn(&str) -> Vec<String>) -> Judged {
    let files = project.files.under("infra/", ".xml").map(|(path, xml)| (path.to_owned(), xml.to_owned()));
    let mut documents: Vec<(String, String)> = files.collect();
    for deployment in &project.deployments {
        let of_set = |policy: Policy| (format!("{}: {}", deployment.set, policy.owner), policy.xml);
        documents.extend(of(deployment)?.into_iter().map(of_set));
    }
    let mut faults = vec![];
    for (name, xml) in documents {
        faults.extend(judge(&xml).into_iter().map(|fault| format!("{name}: {fault}")));
    }
    Ok(faults)
}

fn well_formed(project: &Project) -> Judged {
    each(project, |xml| Document::parse(xml).err().map(|error| error.to_string()).into_iter().collect())
}

/// What is not well-formed is the other rule's.
fn elements_allowed(project: &Project) -> Judged {
    each(project, |xml| Document::parse(xml).map_or_else(|_| vec![], |document| judge_document(&document)))
}

fn judge_document(document: &Document) -> Vec<String> {
    let root = document.root_element();
    let mut faults = unless(root.has_tag_name("policies"), || format!("the root is {}", root.tag_name().name()));
    for section in root.children().filter(Node::is_element) {
        let name = section.tag_name().name();
        match SECTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, bit)) => judge_policies(section, *bit, &mut faults),
            None => faults.push(format!("{name} is no section")),
        }
    }
    faults
}

fn judge_policies(holder: Node, section: u8, faults: &mut Vec<String>) {
    for policy in holder.children().filter(Node::is_element) {
        match holds(policy.tag_name().name(), section) {
            Err(fault) => faults.push(format!("{} {fault}", place(policy))),
            Ok(Holds::Nothing) => judge_parts(policy, &[], faults),
            Ok(Holds::Only(parts)) => judge_parts(policy, parts, faults),
            Ok(Holds::Branches(parts)) => {
                judge_parts(policy, parts, faults);
                policy.children().filter(Node::is_element).for_each(|branch| judge_policies(branch, section, faults));
            }
        }
    }
}

fn judge_parts(policy: Node, parts: &[&str], faults: &mut Vec<String>) {
    let strange = policy.children().filter(|part| part.is_element() && !parts.contains(&part.tag_name().name()));
    faults.extend(strange.map(|part| format!("{} is not allowed in {}", place(part), policy.tag_name().name())));
}

fn place(node: Node) -> String {
    let at = node.document().text_pos_at(node.range().start);
    format!("{} at line {}", node.tag_name().name(), at.row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(xml: &str) -> Vec<String> {
        judge_document(&Document::parse(xml).unwrap())
    }

    #[test]
    fn policies_in_their_sections_pass() {
        let xml = "<policies><inbound><base /><choose><when condition=\"@(true)\"><set-header name=\"a\"><value>b</value></set-header>\
                   </when></choose></inbound><backend><forward-request /></backend></policies>";
        assert!(faults(xml).is_empty(), "{:?}", faults(xml));
    }

    #[test]
    fn what_is_misplaced_or_unknown_is_named_with_its_line() {
        let of = |inside: &str| faults(&format!("<policies>\n<outbound>\n{inside}</outbound></policies>"));
        assert_eq!(of("<forward-request />"), ["forward-request at line 3 is not allowed in this section"]);
        assert_eq!(of("<set-headers />"), ["set-headers at line 3 is no policy that is known here"]);
        assert_eq!(of("<set-header><x /></set-header>"), ["x at line 3 is not allowed in set-header"]);
        assert_eq!(of("<choose><when><cors /></when></choose>").len(), 1);
        assert_eq!(faults("<policies><inbounds /></policies>"), ["inbounds is no section"]);
        assert_eq!(faults("<policy />"), ["the root is policy"]);
    }

    #[test]
    fn a_policy_is_read_out_of_an_expression() {
        assert_eq!(document("<a />").unwrap(), "<a />");
        assert_eq!(document("[replace('<a b=''c'' />', '{x}', reference('/y').z)]").unwrap(), "<a b='c' />");
        assert_eq!(document("[reference('/y').z]"), None);
    }
}
