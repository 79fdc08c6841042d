//! The prompt: cluster, host, and health at a glance.
//!
//! Short where all is well. A prompt that stands learns what changes meanwhile as far as its width
//! allows, since the cursor's place was counted from it: what it no longer says leaves room before its
//! sign, what it must say now stands there in fewer words, and its last sign is `!` where something is
//! wrong. All of it stands in the next one, and what happened above this one.

use super::view::View;
use crate::report::Role;
use crate::watching::{Replica, lag};
use unicode_width::UnicodeWidthStr;

/// A prompt, in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    pieces: Vec<Piece>,
}

/// A piece of the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    role: Role,
    text: String,
    /// The piece in fewer words; only what is wrong has them.
    short: Option<String>,
}

impl Piece {
    /// Returns what is said in these words or not at all.
    fn plain(role: Role, text: impl Into<String>) -> Piece {
        Piece {
            role,
            text: text.into(),
            short: None,
        }
    }

    /// Returns what is wrong, in some words and in as few as can be.
    fn trouble(role: Role, text: impl Into<String>, short: impl Into<String>) -> Piece {
        Piece {
            role,
            text: text.into(),
            short: Some(short.into()),
        }
    }
}

/// Returns what is wrong, the gravest first; nothing of a replica that keeps up.
fn troubles(view: &View) -> Vec<Piece> {
    let mut found = Vec::new();
    if view.online.is_some_and(|online| online > 0) && !view.quorum {
        found.push(Piece::trouble(Role::Fail, "no quorum", "no quorum"));
    }
    if let Some(node) = &view.unfenced {
        let text = format!("{node} not fenced");
        found.push(Piece::trouble(Role::Fail, text, "not fenced"));
    }
    if view.failed > 0 {
        let text = format!("{} failed", view.failed);
        found.push(Piece::trouble(Role::Fail, text.clone(), text));
    }
    if view.silent {
        found.push(Piece::trouble(Role::Fail, "MariaDB down", "no db"));
    }
    let Some(replica) = view.replica else {
        return found;
    };
    let trouble = match replica {
        Replica::Stopped => Some(Piece::trouble(Role::Fail, "replica stopped", "stopped")),
        Replica::Connecting => Some(Piece::trouble(Role::Fail, "primary lost", "no primary")),
        Replica::Follows { .. } => replica.late().map(|behind| {
            let time = lag(behind);
            Piece::trouble(Role::Warn, format!("{time} behind"), format!("{time} late"))
        }),
    };
    found.extend(trouble);
    found
}

impl Prompt {
    /// Returns the prompt of a host; `lock` is since when this shell holds up all writes.
    pub fn for_view(view: &View, host: &str, lock: Option<&str>) -> Prompt {
        let mut pieces = Vec::new();
        if let Some(name) = &view.cluster {
            pieces.push(Piece::plain(Role::Strong, name));
            pieces.push(Piece::plain(view.role(), view.count()));
        }
        pieces.extend(troubles(view));
        pieces.push(Piece::plain(Role::Plain, host));
        if let Some(since) = lock {
            pieces.push(Piece::plain(Role::Warn, format!("LOCKED since {since}")));
        }
        pieces.push(match view.is_well() {
            true => Piece::plain(Role::Plain, "›"),
            false => Piece::plain(Role::Fail, "!"),
        });
        Prompt { pieces }
    }

    /// Returns it as it is read aloud.
    pub fn as_spoken(&self) -> String {
        self.painted(|_, text| text.to_owned())
    }

    /// Returns it in colour.
    pub fn painted(&self, paint: impl Fn(Role, &str) -> String) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            text.push_str(&paint(piece.role, &piece.text));
            text.push(' ');
        }
        text
    }

    /// Returns how many columns it takes.
    pub fn width(&self) -> usize {
        self.as_spoken().width()
    }

    /// Returns this prompt, which stands on the screen, with what is now known, as far as it fits.
    #[must_use]
    pub fn freshened(&self, now: &Prompt) -> Prompt {
        let width = self.width();
        let mut fresh = now.clone();
        // Fewer words first, then fewer pieces; the last is the least grave.
        for at in (0..fresh.pieces.len()).rev() {
            if fresh.width() > width
                && let Some(short) = &fresh.pieces[at].short
            {
                fresh.pieces[at].text = short.clone();
            }
        }
        for at in (0..fresh.pieces.len()).rev() {
            if fresh.width() > width && fresh.pieces[at].short.is_some() {
                fresh.pieces.remove(at);
            }
        }
        match width.checked_sub(fresh.width()) {
            Some(0) => fresh,
            Some(room) => {
                // With the space behind each piece.
                let text = " ".repeat(room - 1);
                let (role, short) = (Role::Plain, None);
                let sign = fresh.pieces.len().saturating_sub(1);
                fresh.pieces.insert(sign, Piece { role, text, short });
                fresh
            }
            // The rest is wider: a cluster that has grown, say. Its sign is told all the same.
            None => {
                let mut fresh = self.clone();
                if let (Some(old), Some(new)) = (fresh.pieces.last_mut(), now.pieces.last()) {
                    *old = new.clone();
                }
                fresh
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn view(online: Option<usize>) -> View {
        View {
            cluster: Some("web".to_owned()),
            nodes: vec!["serv1".to_owned(), "serv2".to_owned()],
            online,
            quorum: true,
            ..View::default()
        }
    }

    fn plain(view: &View) -> String {
        Prompt::for_view(view, "serv1", None).as_spoken()
    }

    #[test]
    fn it_is_short_where_all_is_well() {
        assert_eq!(plain(&view(Some(2))), "web 2/2 serv1 › ");
        assert_eq!(plain(&view(None)), "web ·/2 serv1 › ");
        assert_eq!(plain(&View::default()), "serv1 › ");
        let mut healthy = view(Some(2));
        healthy.replica = Some(Replica::Follows { behind: 0 });
        assert_eq!(plain(&healthy), "web 2/2 serv1 › ");
    }

    #[test]
    fn it_says_what_is_wrong() {
        let mut bad = view(Some(1));
        bad.quorum = false;
        bad.failed = 1;
        bad.replica = Some(Replica::Stopped);
        assert_eq!(
            plain(&bad),
            "web 1/2 no quorum 1 failed replica stopped serv1 ! "
        );
        let mut late = view(Some(2));
        late.replica = Some(Replica::Follows { behind: 75 });
        assert_eq!(plain(&late), "web 2/2 75 s behind serv1 › ");
        let locked = Prompt::for_view(&view(Some(2)), "serv1", Some("12:30:00"));
        assert_eq!(locked.as_spoken(), "web 2/2 serv1 LOCKED since 12:30:00 › ");
    }

    #[test]
    fn a_prompt_that_stands_learns_without_changing_its_width() {
        let of = |view: &View| Prompt::for_view(view, "serv1", None);
        let shown = of(&view(None));
        assert_eq!(
            shown.freshened(&of(&view(Some(1)))).as_spoken(),
            "web 1/2 serv1 › "
        );
        let mut many = view(Some(10));
        many.nodes = vec![String::new(); 12];
        assert_eq!(shown.freshened(&of(&many)).as_spoken(), shown.as_spoken());
        let mut bad = view(Some(1));
        bad.failed = 2;
        bad.grave = true;
        assert_eq!(shown.freshened(&of(&bad)).as_spoken(), "web 1/2 serv1 ! ");
        let mut mended = view(Some(2));
        mended.failed = 1;
        let shown = of(&mended);
        mended.failed = 0;
        assert_eq!(shown.as_spoken(), "web 2/2 1 failed serv1 ! ");
        assert_eq!(
            shown.freshened(&of(&mended)).as_spoken(),
            "web 2/2 serv1          › "
        );
    }

    #[test]
    fn a_prompt_that_stands_says_nothing_that_is_over() {
        let with = |replica| {
            let mut view = view(Some(2));
            view.replica = Some(replica);
            Prompt::for_view(&view, "serv1", None)
        };
        let follows = |behind| with(Replica::Follows { behind });
        let stopped = with(Replica::Stopped);
        let cases = [
            (&stopped, follows(0), "web 2/2 serv1                 › "),
            (&stopped, follows(75), "web 2/2 75 s behind serv1     › "),
            (&follows(9), follows(12), "web 2/2 12 s late serv1  › "),
            (
                &follows(9),
                with(Replica::Connecting),
                "web 2/2 no primary serv1 ! ",
            ),
            (&follows(0), stopped.clone(), "web 2/2 serv1 ! "),
        ];
        for (shown, now, text) in cases {
            let fresh = shown.freshened(&now);
            assert_eq!(fresh.as_spoken(), text);
            assert_eq!(fresh.width(), shown.width());
        }
    }
}
