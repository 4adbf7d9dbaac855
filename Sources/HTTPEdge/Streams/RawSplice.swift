import NIOCore

/// Joins two upgraded connections: what one sends the other gets, until either ends. A side that does not take its bytes stops the other's reading.
public enum RawSplice {
    /// Joins them; may be called from any thread.
    public static func join(_ a: RawStream, _ b: RawStream) {
        pass(a, to: b)
        pass(b, to: a)
    }

    private static func pass(_ from: RawStream, to: RawStream) {
        from.onBytes { bytes in
            to.send(bytes)
            guard !to.isWritable else { return }
            from.setReading(false)
            resume(from, to)
        }
        from.onClose { to.close() }
    }

    /// Looks again every 5 milliseconds until the slow side takes more.
    private static func resume(_ from: RawStream, _ to: RawStream) {
        from.eventLoop.scheduleTask(in: .milliseconds(5)) {
            if to.isWritable || !to.channel.isActive { from.setReading(true) } else { resume(from, to) }
        }
    }
}
