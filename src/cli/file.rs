//! The path of a file, as it is typed or comes in a variable.
//!
//! In comes what was given; out comes a path, or the word that it is none: CI systems keep a key as text, and whoever gives
//! that text where its path is wanted has put it on a command line. It is never shown.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::harmless::has_private_key;

/// What to do with a key that was given where its path is wanted.
pub const KEY_HELP: &str =
    "write the key to a file that you alone may read, and give the path of that";

/// Takes any path that is not a private key itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilePath;

impl TypedValueParser for FilePath {
    type Value = PathBuf;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<PathBuf, Error> {
        if !has_private_key(&value.to_string_lossy()) {
            return PathBufValueParser::new().parse_ref(command, argument, value);
        }
        let given = argument.map(ToString::to_string).unwrap_or_default();
        let variable = argument.and_then(Arg::get_env).map(OsStr::to_string_lossy);
        let variable = variable.map(|name| format!(" (or `{name}`)"));
        let variable = variable.unwrap_or_default();
        let message = format!(
            "`{given}`{variable} is given a private key, which is no path\n  help: {KEY_HELP}"
        );
        Err(Error::raw(ErrorKind::ValueValidation, message).with_cmd(command))
    }
}
