extension [UInt8] {
    /// A quick look at an object's encoding before the whole is read: whether the words occur anywhere in it.
    func holds(_ words: StaticString) -> Bool {
        let n = words.utf8CodeUnitCount
        guard count >= n else { return false }
        return withUnsafeBufferPointer { bytes in
            let first = words.utf8Start[0]
            var i = 0
            while i <= bytes.count - n {
                if bytes[i] == first {
                    var k = 1
                    while k < n, bytes[i + k] == words.utf8Start[k] { k += 1 }
                    if k == n { return true }
                }
                i += 1
            }
            return false
        }
    }
}
