/// An address range in CIDR notation.
public struct AddressRange: Sendable {
    /// The address as it was written, host bits included.
    public let address: IPAddress
    /// Bits of the address that all of the range share.
    public let prefixLength: Int

    /// Reads `10.96.0.0/16`; leading zeros are accepted and noted in `hadLeadingZeros`.
    public init?(_ text: String, hadLeadingZeros: inout Bool) {
        guard let slash = text.lastIndex(of: "/") else { return nil }
        guard let address = IPAddress(String(text[..<slash]), hadLeadingZeros: &hadLeadingZeros) else { return nil }
        let digits = text[text.index(after: slash)...].utf8
        guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy(\.isDigit) else { return nil }
        if digits.count > 1, digits.first == 48 { hadLeadingZeros = true }
        let length = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        guard length <= address.bytes.count * 8 else { return nil }
        self.address = address
        prefixLength = length
    }
    /// The same, whatever the spelling.
    public init?(_ text: String) {
        var ignored = false
        self.init(text, hadLeadingZeros: &ignored)
    }

    /// The first address of the range.
    public var base: IPAddress {
        IPAddress(
            bytes: address.bytes.enumerated().map { i, b in
                let kept = min(8, max(0, prefixLength - i * 8))
                return kept == 0 ? 0 : b & UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
            })
    }
    /// The canonical form: the first address and the prefix.
    public var text: String { "\(base.text)/\(prefixLength)" }

    /// Whether an address lies in the range; never one of the other family.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for i in other.bytes.indices {
            let kept = min(8, max(0, prefixLength - i * 8))
            if kept == 0 { break }
            let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
            if other.bytes[i] & mask != address.bytes[i] & mask { return false }
        }
        return true
    }
    /// Whether all of another range lies in this one, or is this one.
    public func contains(_ other: AddressRange) -> Bool {
        other.prefixLength >= prefixLength && contains(other.address)
    }
}
