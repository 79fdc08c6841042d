//! What a host is, by its firmware: it decides what can switch it off.

/// What switches off, as far as the firmware tells: a server by its BMC, a guest by its hypervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// A machine of its own, which may have a BMC.
    Server,
    /// A guest of KVM: of libvirt or of Proxmox VE, which say the same of themselves.
    Kvm,
    /// A guest of VirtualBox.
    VirtualBox,
    /// A guest of VMware.
    Vmware,
}

/// The files where the kernel says who made the machine, and which it is; a container may have neither.
pub const FILES: [&str; 2] = [
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/dmi/id/product_name",
];

impl Machine {
    /// Returns what a host is by these files' texts; none where they say nothing, or a guest of something else.
    pub fn of(vendor: &str, product: &str) -> Option<Machine> {
        let (vendor, product) = (vendor.trim(), product.trim());
        match (vendor, product) {
            ("", _) => None,
            (_, "VirtualBox") => Some(Machine::VirtualBox),
            ("QEMU", _) | (_, "KVM") => Some(Machine::Kvm),
            ("VMware, Inc.", _) => Some(Machine::Vmware),
            // Clouds and Hyper-V: who switches these is asked by agents of their own.
            ("Amazon EC2" | "Google" | "Hetzner" | "OpenStack Foundation" | "Xen", _)
            | (_, "Virtual Machine" | "OpenStack Nova") => None,
            _ => Some(Machine::Server),
        }
    }

    /// Returns it with its article.
    pub fn name(self) -> &'static str {
        match self {
            Machine::Server => "a server of its own",
            Machine::Kvm => "a KVM guest",
            Machine::VirtualBox => "a VirtualBox guest",
            Machine::Vmware => "a VMware guest",
        }
    }

    /// Returns the verbs that give it a device that fits.
    pub fn verbs(self) -> &'static str {
        match self {
            Machine::Server => "fence add bmc, or redfish",
            Machine::Kvm => "fence add virsh; pve where Proxmox VE runs it",
            Machine::VirtualBox => "fence add vbox",
            Machine::Vmware => "fence add agent fence_vmware_rest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_known_by_its_firmware() {
        let of = |vendor, product| Machine::of(vendor, product).map(Machine::name);
        assert_eq!(
            of("innotek GmbH\n", "VirtualBox\n"),
            Some("a VirtualBox guest")
        );
        assert_eq!(
            of("QEMU", "Standard PC (Q35 + ICH9, 2009)"),
            Some("a KVM guest")
        );
        assert_eq!(of("Red Hat", "KVM"), Some("a KVM guest"));
        assert_eq!(of("VMware, Inc.", "VMware7,1"), Some("a VMware guest"));
        assert_eq!(
            of("Dell Inc.", "PowerEdge R450"),
            Some("a server of its own")
        );
        assert_eq!(of("Microsoft Corporation", "Virtual Machine"), None);
        assert_eq!(of("", ""), None);
    }
}
