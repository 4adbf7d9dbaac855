public import Records

extension ClusterState {
    /// The canonical digest of this state: the same revision, time and objects give the same 32 bytes in any process.
    /// Costs a pass over every body.
    public func digest<Hasher: ByteHasher>(_: Hasher.Type) -> [UInt8] {
        var hasher = Hasher()
        hasher.update(revision)
        hasher.update(UInt64(bitPattern: time.microseconds))
        for store in storesInUse {
            hasher.update(UInt64(count(store)))
            forEach(store) { object in
                // Lengths go first, so that no two states run together into the same bytes.
                let key = object.key
                for text in [key.group, key.resource, key.namespace, key.name, object.uid] {
                    hasher.update(UInt64(text.utf8.count))
                    hasher.update(text)
                }
                hasher.update(object.revision)
                hasher.update(UInt64(object.bodyCount))
                hasher.update(object.body)
                return true
            }
        }
        return hasher.finish()
    }
}
