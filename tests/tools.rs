//! The manual pages and completions, read by the programs they are for.

mod support;

use support::Scratch;

#[test]
fn bash_completes_commands_and_options() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = scratch.gitca(&["completions", shell]).success().stdout;
        assert!(script.contains("allow-bulk"), "{shell}");
        scratch.write(&format!("gitca.{shell}"), script);
    }
    let complete = |words: &str| {
        let line = format!(
            "source ./gitca.bash; COMP_WORDS=(gitca {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _gitca gitca \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo ${{COMPREPLY[@]}}"
        );
        scratch.write("try.sh", line);
        scratch.sh("bash try.sh").stdout
    };
    assert_eq!(complete("pl").trim(), "plan");
    assert_eq!(complete("run --allow").trim(), "--allow-bulk");
}

#[test]
fn every_command_has_a_manual_page_without_markup_faults() {
    let scratch = Scratch::new();
    scratch.gitca(&["man", "--dir", "man1"]).success();
    let pages = scratch.sh("ls man1").stdout;
    for page in ["gitca.1", "gitca-run.1", "gitca-check.1", "gitca-init.1"] {
        assert!(pages.lines().any(|line| line == page), "{page}\n{pages}");
    }
    let first = scratch.gitca(&["man"]).success().stdout;
    assert_eq!(scratch.sh("cat man1/gitca.1").stdout, first);
    for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
        assert!(first.contains(section), "{section}\n{first}");
    }
    let said =
        scratch.sh("if command -v groff > /dev/null; then groff -man -ww -z man1/*.1 2>&1; fi");
    assert_eq!(said.stdout, "", "groff finds nothing to warn of");
}

#[test]
fn init_leaves_nothing_behind_when_the_key_would_lie_in_the_repository() {
    let scratch = Scratch::new();
    for place in ["repo", "."] {
        let told = scratch
            .sh(&format!(
                "XDG_CONFIG_HOME=$PWD/repo/.config {} init {place} 2>&1 || echo code $?",
                env!("CARGO_BIN_EXE_gitca")
            ))
            .stdout;
        assert!(told.contains("would lie in the repository"), "{told}");
        assert!(told.ends_with("code 2\n"), "{told}");
        assert_eq!(
            scratch
                .sh("find . -name .git -o -name '*.yaml' -o -name '*.pem'")
                .stdout,
            ""
        );
    }
}
