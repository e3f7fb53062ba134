//! The last step of a survey: takes requests out of the snapshot that can't be told apart, or that nobody could review.
//!
//! In come the directories that were met on the way; each request that goes leaves a finding. Only when everything has
//! been listed is it known which directory stands in the way of which request.

use crate::finding::{Code, Finding, Reason};
use crate::names::RequestName;
use crate::zones::paths::{Folder, folder as folder_of};
use crate::zones::source::Source;
use crate::zones::survey::Survey;

impl<S: Source> Survey<'_, S> {
    pub(super) fn request_attributes(
        &mut self,
        path: &str,
        handle: &S::Handle,
    ) -> anyhow::Result<()> {
        let before = self.faults;
        self.attributes(path, handle)?;
        if self.faults > before {
            let folder = path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
            self.hidden_folders.extend(folder);
        }
        Ok(())
    }

    // Outputs lie where their request lies, so none may be where another's directory is.
    pub(super) fn refuse_collisions(&mut self) {
        for name in std::mem::take(&mut self.request_folders) {
            self.refuse(&name, &format!("`requests/{name}/` is a directory, too"));
            if self.snapshot.issued.contains_key(&name) {
                for below in self.requests_below(&name) {
                    self.refuse(
                        &below,
                        &format!("`issued/{name}` belongs to the request `{name}`"),
                    );
                }
            }
        }
        for name in std::mem::take(&mut self.output_folders) {
            self.refuse(&name, &format!("`issued/{name}/` holds other requests"));
        }
    }

    fn requests_below(&self, folder: &RequestName) -> Vec<RequestName> {
        let prefix = format!("{folder}/");
        // `0` follows `/`, so this is where names with the prefix end.
        let end = format!("{folder}0");
        self.snapshot
            .requests
            .range(folder..)
            .map(|(name, _)| name)
            .take_while(|name| name.as_str() < end.as_str())
            .filter(|name| name.as_str().starts_with(&prefix))
            .cloned()
            .collect()
    }

    pub(super) fn refuse_hidden(&mut self) {
        for folder in std::mem::take(&mut self.hidden_folders) {
            let below = folder.strip_prefix("requests/").map(folder_of);
            let names = match below {
                Some(Ok(Folder::Requests(name))) => self.requests_below(&name),
                Some(Ok(Folder::Statements(name))) => vec![name],
                _ => self.snapshot.requests.keys().cloned().collect(),
            };
            for name in names {
                let message = format!("`{folder}/.gitattributes` hides changes of this file");
                self.refuse_for(&name, Reason::new(Code::AttributeInZone, message));
            }
        }
    }

    fn refuse(&mut self, name: &RequestName, why: &str) {
        let reason = Reason::new(Code::PathNotAllowed, why);
        self.refuse_for(name, reason.help("give the request another name"));
    }

    fn refuse_for(&mut self, name: &RequestName, reason: Reason) {
        if self.snapshot.leave_out(name) {
            self.snapshot
                .findings
                .push(Finding::in_request(name, reason));
        }
    }

    // Their findings are there already.
    pub(super) fn drop_distrusted(&mut self) {
        for name in std::mem::take(&mut self.distrusted) {
            self.snapshot.leave_out(&name);
        }
    }
}
