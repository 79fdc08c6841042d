//! Hosts that call themselves alike, as a clone and its model do: a name alone tells nobody from another.

use super::Facts;

impl Facts {
    /// Has servers whose hosts call themselves alike, as a clone does, go by what they were asked under:
    /// who has the same name is the same host from here on.
    pub(super) fn tell_apart(&mut self) {
        let here = self.database.as_ref().map(|here| &here.network);
        let network = here.or(self.network.as_ref()).cloned();
        let mut known = vec![(
            self.host.clone(),
            self.host.clone(),
            self.who.clone(),
            network,
        )];
        for (asked, said) in &mut self.database_hosts {
            if said.host.is_empty() {
                continue;
            }
            let own = said.own_name().to_owned();
            let mut alike = known.iter().filter(|(name, ..)| *name == own).peekable();
            let is_another = alike.peek().is_some();
            let same = alike.find(|(_, _, who, network)| {
                who.is_same_host(network.as_ref(), &said.who, Some(&said.network))
            });
            let name = match same {
                Some((_, shown, ..)) => shown.clone(),
                None if !is_another => own.clone(),
                // Asked by that very name, it is told from the other one by its address.
                None => said
                    .network
                    .own_addresses()
                    .next()
                    .filter(|_| *asked == own)
                    .map_or_else(|| asked.clone(), |address| address.to_string()),
            };
            said.namesake = match name == own {
                true => String::new(),
                false => own.clone(),
            };
            known.push((
                own,
                name.clone(),
                said.who.clone(),
                Some(said.network.clone()),
            ));
            said.host = name;
        }
    }
}
