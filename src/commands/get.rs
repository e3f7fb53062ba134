//! `gitca get`: the requests of the mainline as `kubectl get csr` shows them.
//!
//! In come the requests that were named, or none for all; out comes a table, objects of `certificates.k8s.io/v1`, or
//! metrics for Prometheus. Found is what expires soon, where that was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::{Columns, GetArgs};
use crate::finding::Stop;
use crate::git::Repository;
use crate::inventory::{self, Inventory};
use crate::kubernetes::{CertificateSigningRequest, RESOURCE, table};
use crate::names::{RequestName, artifact};
use crate::output::text::{self, Style, harmless};
use crate::output::{self, Told};
use crate::plan::{listing, plan};
use crate::survey::{self, Extent, Mainline};
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
pub fn get(args: &GetArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    let (mainline, mut inventory) = if args.requests.is_empty() {
        let mainline = survey::mainline(world)?;
        let names: Vec<RequestName> = mainline.survey.snapshot.issued.keys().cloned().collect();
        let inventory = take(&mainline, &names, world.now)?;
        (mainline, inventory)
    } else {
        // Of what somebody names nothing else is read.
        let mainline = survey::mainline_at(world, Extent::Open, Repository::branch_tip)?;
        let named = names(&args.requests)?;
        let mut inventory = take(&mainline, &named, world.now)?;
        require(&args.requests, &named, |name| inventory.contains_key(name))?;
        inventory.retain(|name, _| named.contains(name));
        (mainline, inventory)
    };
    if let Some(within) = args.expiring {
        let end = world.now.plus(within);
        inventory
            .retain(|_, object| inventory::leaf(object).is_some_and(|leaf| leaf.not_after <= end));
    }
    let found = args.expiring.is_some() && !inventory.is_empty();
    let nothing = inventory.is_empty() && matches!(args.output, Columns::Text | Columns::Wide);
    let none = nothing.then(|| "No resources found\n".to_owned());
    let talk = doubts(&mainline, style)? + &none.unwrap_or_default();
    Ok(Told {
        text: if nothing {
            String::new()
        } else {
            write(&inventory, args.output, world.now)?
        },
        talk: (!talk.is_empty()).then_some(talk),
        found,
    })
}

/// Why what `issued/` holds may be none of a run's. It is shown all the same, for whoever looks into it.
///
/// # Errors
/// When git fails.
pub(super) fn doubts(mainline: &Mainline, style: Style) -> anyhow::Result<String> {
    match mainline.standing() {
        Ok(_) => Ok(String::new()),
        Err(error) => {
            let stop = error.downcast::<Stop>()?;
            Ok(text::findings("warning", stop.0.iter(), &style))
        }
    }
}

/// What is open, and what the mainline has issued for these requests.
///
/// # Errors
/// When git fails, or `issued/` holds what no run wrote.
pub(super) fn take(
    mainline: &Mainline,
    names: &[RequestName],
    now: Timestamp,
) -> anyhow::Result<Inventory> {
    let survey = &mainline.survey;
    let plan = plan(&survey.evidence(), now);
    let read =
        |name: &RequestName, file| mainline.repository.file(mainline.tip, &name.issued(file));
    // One that is open may be left with the certificate that it had.
    let judged: BTreeSet<&RequestName> = plan.entries.iter().map(|entry| &entry.name).collect();
    let mut issued = BTreeMap::new();
    for name in names.iter().filter(|name| !judged.contains(name)) {
        if read(name, artifact::REQUEST)?.is_some() {
            issued.insert(name.clone(), read(name, artifact::CSR)?);
        }
    }
    Ok(inventory::take(&plan, &issued, &survey.introductions, now)?)
}

/// The requests that people mean by paths or names.
///
/// # Errors
/// `PathNotAllowed` for what can be no request.
pub(super) fn names(texts: &[String]) -> Result<Vec<RequestName>, Stop> {
    let name = |text: &String| listing::name(text).ok_or_else(|| listing::no_such_request(text));
    texts.iter().map(name).collect()
}

/// Refuses requests that are not there, by what was typed for them.
///
/// # Errors
/// `PathNotAllowed` for the first of them.
pub(super) fn require(
    texts: &[String],
    names: &[RequestName],
    is_there: impl Fn(&RequestName) -> bool,
) -> Result<(), Stop> {
    let missing = texts.iter().zip(names).find(|(_, name)| !is_there(name));
    missing.map_or(Ok(()), |(text, _)| Err(listing::no_such_request(text)))
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
        Columns::Text => rows(inventory, now, false),
        Columns::Wide => rows(inventory, now, true),
        Columns::Json => output::json(&list())?,
        Columns::Yaml => output::yaml(&list())?,
        Columns::Name => inventory.keys().fold(String::new(), |text, name| {
            text + RESOURCE + "/" + name.as_str() + "\n"
        }),
        Columns::Prometheus => prometheus(inventory),
    })
}

fn rows(inventory: &Inventory, now: Timestamp, wide: bool) -> String {
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

/// The value of a label in Prometheus' text format, whatever somebody has written into a `csr.yaml`.
fn label(text: &str) -> String {
    harmless(text).replace('\\', "\\\\").replace('"', "\\\"")
}

fn prometheus(inventory: &Inventory) -> String {
    let mut text = "# HELP gitca_certificate_not_after_seconds End of the newest certificate of a request, Unix time.\n\
                    # TYPE gitca_certificate_not_after_seconds gauge\n"
        .to_owned();
    let mut conditions: BTreeMap<String, usize> = BTreeMap::new();
    for (name, object) in inventory {
        *conditions.entry(object.condition()).or_default() += 1;
        if let Some(leaf) = inventory::leaf(object) {
            let signer = label(&object.spec.signer_name);
            let end = leaf.not_after.unix();
            let line = format!("{{request=\"{name}\",signer_name=\"{signer}\"}} {end}");
            let _ = writeln!(text, "gitca_certificate_not_after_seconds{line}");
        }
    }
    text.push_str("# HELP gitca_requests Requests by condition.\n# TYPE gitca_requests gauge\n");
    for (condition, number) in conditions {
        let condition = label(&condition);
        let _ = writeln!(text, "gitca_requests{{condition=\"{condition}\"}} {number}");
    }
    text
}
