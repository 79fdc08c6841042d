//! The prompt: cluster, host, and health at a glance.
//!
//! Short where all is well. A prompt that stands learns what changes meanwhile as far as its width
//! allows, since the cursor's place was counted from it: the count of nodes, and its last sign, `!`
//! where something is wrong. The words for that stand in the next one, and above this one.

use super::view::View;
use crate::report::Role;
use unicode_width::UnicodeWidthStr;

/// A prompt, in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    pieces: Vec<(Role, String)>,
}

impl Prompt {
    /// Returns the prompt of a host; `lock` is since when this shell holds up all writes.
    pub fn of(view: &View, host: &str, lock: Option<&str>) -> Prompt {
        let mut pieces = Vec::new();
        let mut add = |role, text: String| pieces.push((role, text));
        if let Some(name) = &view.cluster {
            add(Role::Strong, name.clone());
            add(view.role(), view.count());
        }
        if view.online.is_some_and(|online| online > 0) && !view.quorum {
            add(Role::Fail, "no quorum".to_owned());
        }
        if view.failed > 0 {
            add(Role::Fail, format!("{} failed", view.failed));
        }
        if let Some((role, text)) = view.replica() {
            add(role, text);
        }
        add(Role::Plain, host.to_owned());
        if let Some(since) = lock {
            add(Role::Warn, format!("LOCKED since {since}"));
        }
        if view.is_well() {
            add(Role::Plain, "›".to_owned());
        } else {
            add(Role::Fail, "!".to_owned());
        }
        Prompt { pieces }
    }

    /// Returns it as it is read aloud.
    pub fn plain(&self) -> String {
        self.painted(|_, text| text.to_owned())
    }

    /// Returns it in colour.
    pub fn painted(&self, paint: impl Fn(Role, &str) -> String) -> String {
        let mut text = String::new();
        for (role, piece) in &self.pieces {
            text.push_str(&paint(*role, piece));
            text.push(' ');
        }
        text
    }

    /// Returns how many columns it takes.
    pub fn width(&self) -> usize {
        self.plain().width()
    }

    /// Returns this prompt, which stands on the screen, with what is now known, as far as it fits.
    #[must_use]
    pub fn freshened(&self, now: &Prompt) -> Prompt {
        if self.width() == now.width() {
            return now.clone();
        }
        let mut fresh = self.clone();
        if let Some(shorter @ 1..) = self.width().checked_sub(now.width()) {
            // What no longer holds goes, and blanks take its place in front of the sign.
            fresh.pieces.clone_from(&now.pieces);
            let sign = fresh.pieces.len().saturating_sub(1);
            let blank = (Role::Plain, " ".repeat(shorter - 1));
            fresh.pieces.insert(sign, blank);
            return fresh;
        }
        let ends = fresh.pieces.len().min(now.pieces.len());
        // The cluster's name and the count of nodes, and the sign at the end.
        for at in 0..ends.min(2) {
            if fresh.pieces[at].1.width() == now.pieces[at].1.width() {
                fresh.pieces[at] = now.pieces[at].clone();
            }
        }
        if let (Some(old), Some(new)) = (fresh.pieces.last_mut(), now.pieces.last()) {
            *old = new.clone();
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::view::Replica;

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
        Prompt::of(view, "serv1", None).plain()
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
        let locked = Prompt::of(&view(Some(2)), "serv1", Some("12:30:00"));
        assert_eq!(locked.plain(), "web 2/2 serv1 LOCKED since 12:30:00 › ");
    }

    #[test]
    fn a_prompt_that_stands_learns_without_changing_its_width() {
        let of = |view: &View| Prompt::of(view, "serv1", None);
        let shown = of(&view(None));
        assert_eq!(
            shown.freshened(&of(&view(Some(1)))).plain(),
            "web 1/2 serv1 › "
        );
        let mut many = view(Some(10));
        many.nodes = vec![String::new(); 12];
        assert_eq!(shown.freshened(&of(&many)).plain(), shown.plain());
        let mut bad = view(Some(1));
        bad.failed = 2;
        bad.grave = true;
        assert_eq!(shown.freshened(&of(&bad)).plain(), "web 1/2 serv1 ! ");
        let mut mended = view(Some(2));
        mended.failed = 1;
        let shown = of(&mended);
        mended.failed = 0;
        assert_eq!(shown.plain(), "web 2/2 1 failed serv1 ! ");
        assert_eq!(
            shown.freshened(&of(&mended)).plain(),
            "web 2/2 serv1          › "
        );
    }
}
