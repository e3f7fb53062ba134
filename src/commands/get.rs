//! `gitca get`: the requests of the mainline as `kubectl get csr` shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::{Columns, GetArgs};
use crate::inventory::{self, Inventory};
use crate::kubernetes::{CertificateSigningRequest, RESOURCE, table};
use crate::names::RequestName;
use crate::output::text::harmless;
use crate::output::{self, Told};
use crate::plan::{listing, plan};
use crate::survey::{self, Mainline};
use crate::timestamp::Timestamp;
use crate::world::World;

/// `v1` List, as `kubectl get -o yaml` prints several objects.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    api_version: &'static str,
    items: Vec<&'a CertificateSigningRequest>,
    kind: &'static str,
    metadata: ListMetadata,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    resource_version: &'static str,
}

/// The table, or another form of it.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the repository or its control zone is invalid, or a request is not there; any
/// other error when git fails.
pub fn get(args: &GetArgs, world: &World) -> anyhow::Result<Told> {
    let mainline = survey::mainline(world)?;
    let mut inventory = take(&mainline, world.now)?;
    if !args.requests.is_empty() {
        let named = find(&args.requests, &inventory)?;
        inventory.retain(|name, _| named.contains(name));
    }
    if let Some(within) = args.expiring {
        let end = world.now.plus(within);
        inventory
            .retain(|_, object| inventory::leaf(object).is_some_and(|leaf| leaf.not_after <= end));
    }
    let found = args.expiring.is_some() && !inventory.is_empty();
    let nothing = inventory.is_empty() && matches!(args.output, Columns::Text | Columns::Wide);
    Ok(Told {
        text: if nothing {
            String::new()
        } else {
            write(&inventory, args.output, world.now)?
        },
        talk: nothing.then(|| "No resources found\n".to_owned()),
        found,
    })
}

/// Everything that the mainline holds.
///
/// # Errors
/// When git fails, or `issued/` holds what no run wrote.
pub(super) fn take(mainline: &Mainline, now: Timestamp) -> anyhow::Result<Inventory> {
    let survey = &mainline.survey;
    let plan = plan(&survey.evidence(), now);
    let mut issued = BTreeMap::new();
    for name in survey.snapshot.issued.keys() {
        if survey.snapshot.open.contains_key(name) {
            continue;
        }
        let file = name.issued("csr.yaml");
        let blob = mainline.repository.file(mainline.tip, &file)?;
        issued.insert(name.clone(), blob);
    }
    Ok(inventory::take(&plan, &issued, &survey.introductions, now)?)
}

/// The requests that people mean by paths or names.
///
/// # Errors
/// `PathNotAllowed` when there is no such request.
pub(super) fn find(
    texts: &[String],
    inventory: &Inventory,
) -> Result<Vec<RequestName>, crate::finding::Stop> {
    let find = |text: &String| {
        let name = listing::name(text).filter(|name| inventory.contains_key(name));
        name.ok_or_else(|| listing::no_such_request(text))
    };
    texts.iter().map(find).collect()
}

fn write(inventory: &Inventory, columns: Columns, now: Timestamp) -> anyhow::Result<String> {
    let list = || List {
        api_version: "v1",
        items: inventory.values().collect(),
        kind: "List",
        metadata: ListMetadata {
            resource_version: "",
        },
    };
    Ok(match columns {
        Columns::Text => text(inventory, now, false),
        Columns::Wide => text(inventory, now, true),
        Columns::Json => output::json(&list())?,
        Columns::Yaml => output::yaml(&list())?,
        Columns::Name => inventory.keys().fold(String::new(), |text, name| {
            text + RESOURCE + "/" + name.as_str() + "\n"
        }),
        Columns::Prometheus => prometheus(inventory),
    })
}

fn text(inventory: &Inventory, now: Timestamp, wide: bool) -> String {
    let mut heading = table::COLUMNS.to_vec();
    if wide {
        heading.extend(["NOTAFTER", "SERIALNUMBER"]);
    }
    let none = || "<none>".to_owned();
    let rows: Vec<Vec<String>> = inventory
        .iter()
        .map(|(name, object)| {
            let mut row = table::row(name.as_str(), object, now);
            if wide {
                let leaf = inventory::leaf(object);
                row.push(
                    leaf.as_ref()
                        .map_or_else(none, |leaf| leaf.not_after.to_string()),
                );
                row.push(leaf.map_or_else(none, |leaf| leaf.serial_number));
            }
            row.iter().map(|cell| harmless(cell)).collect()
        })
        .collect();
    table::text(&heading, &rows)
}

/// Names of requests and signers need no escape in a label, their syntax has no quote.
fn prometheus(inventory: &Inventory) -> String {
    let mut text = "# HELP gitca_certificate_not_after_seconds End of the newest certificate of a request, Unix time.\n\
                    # TYPE gitca_certificate_not_after_seconds gauge\n"
        .to_owned();
    let mut conditions: BTreeMap<String, usize> = BTreeMap::new();
    for (name, object) in inventory {
        *conditions.entry(object.condition()).or_default() += 1;
        if let Some(leaf) = inventory::leaf(object) {
            let signer = &object.spec.signer_name;
            let end = leaf.not_after.unix();
            let line = format!("{{request=\"{name}\",signer_name=\"{signer}\"}} {end}");
            let _ = writeln!(text, "gitca_certificate_not_after_seconds{line}");
        }
    }
    text.push_str("# HELP gitca_requests Requests by condition.\n# TYPE gitca_requests gauge\n");
    for (condition, number) in conditions {
        let _ = writeln!(text, "gitca_requests{{condition=\"{condition}\"}} {number}");
    }
    text
}
