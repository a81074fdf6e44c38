//! Address prefixes, and which of their addresses can be given to an interface.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// `10.0.1.0/24`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) struct Prefix {
    network: u32,
    length: u32,
}

/// Azure keeps the first four addresses of a subnet and its last
/// (Microsoft's `virtual-networks-faq.md`).
const RESERVED_AT_START: u32 = 4;
const RESERVED: u32 = RESERVED_AT_START + 1;

/// The longest prefix that a subnet can have (Microsoft's `virtual-networks-faq.md`).
const LONGEST: u32 = 29;

impl Prefix {
    fn size(self) -> u32 {
        u32::try_from(1_u64 << (32 - self.length)).unwrap_or(u32::MAX)
    }

    fn last(self) -> u32 {
        self.network + (self.size() - 1)
    }

    /// Whether a subnet can have it.
    pub(super) fn fits_a_subnet(self) -> bool {
        self.length <= LONGEST
    }

    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        (self.network..=self.last()).contains(&address.to_bits())
    }

    /// Whether all of `other` lies in it.
    pub(super) fn covers(self, other: Self) -> bool {
        self.network <= other.network && other.last() <= self.last()
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.network <= other.last() && other.network <= self.last()
    }

    /// How many addresses can be given away.
    pub(super) fn usable(self) -> u32 {
        self.size().saturating_sub(RESERVED)
    }

    /// The addresses that can be given away, from the lowest on.
    pub(in crate::simulator) fn addresses(self) -> impl Iterator<Item = Ipv4Addr> {
        let first = self.network + RESERVED_AT_START;
        (first..self.last()).map(Ipv4Addr::from_bits)
    }
}

impl FromStr for Prefix {
    type Err = ();

    /// An address of the network itself, a slash, a length.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, length) = text.split_once('/').ok_or(())?;
        let address: Ipv4Addr = address.parse().map_err(|_| ())?;
        let length: u32 = length.parse().map_err(|_| ())?;
        let network = address.to_bits();
        let whole = (1..=32).contains(&length) && network.trailing_zeros() >= 32 - length;
        whole.then_some(Self { network, length }).ok_or(())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.network), self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn five_addresses_are_reserved() {
        let small = prefix("10.0.0.8/29");
        assert_eq!(small.usable(), 3);
        let addresses: Vec<String> = small.addresses().map(|a| a.to_string()).collect();
        assert_eq!(addresses, ["10.0.0.12", "10.0.0.13", "10.0.0.14"]);
        assert_eq!(prefix("10.0.0.0/31").usable(), 0);
        assert_eq!(
            prefix("10.0.0.0/24")
                .addresses()
                .next()
                .unwrap()
                .to_string(),
            "10.0.0.4"
        );
    }

    #[test]
    fn prefixes_lie_in_each_other_or_beside() {
        let space = prefix("10.0.0.0/16");
        assert!(space.covers(prefix("10.0.255.0/24")));
        assert!(!space.covers(prefix("10.1.0.0/24")));
        assert!(prefix("10.0.0.0/24").overlaps(space));
        assert!(!prefix("10.0.0.0/24").overlaps(prefix("10.0.1.0/24")));
        assert!(space.contains("10.0.3.4".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn a_prefix_comes_back_and_gives_what_it_can(bits: u32, length in 20_u32..=32) {
            let network = bits & (u32::MAX << (32 - length));
            let read = prefix(&format!("{}/{length}", Ipv4Addr::from_bits(network)));
            prop_assert_eq!(read.addresses().count(), read.usable() as usize);
            prop_assert!(read.addresses().all(|address| read.contains(address)));
            prop_assert_eq!(prefix(&read.to_string()), read);
        }

        #[test]
        fn what_is_no_prefix_is_refused(text in "[0-9./a]{0,20}") {
            if let Ok(read) = text.parse::<Prefix>() {
                prop_assert_eq!(prefix(&read.to_string()), read);
            }
        }
    }
}
