import NIOCore

/// Joins two WebSockets that speak the same subprotocol: each message goes on as it came, until either side ends. A side that does not take
/// its messages stops the other's reading.
public enum WebSocketSplice {
    /// Joins them; may be called from any thread.
    public static func join(_ a: WebSocketStream, _ b: WebSocketStream) {
        pass(a, to: b)
        pass(b, to: a)
    }

    private static func pass(_ from: WebSocketStream, to: WebSocketStream) {
        from.onMessage { message in
            switch message {
            case .binary(let bytes): to.send(bytes)
            case .text(let bytes): to.send(text: String(buffer: bytes))
            }
            guard !to.isWritable else { return }
            from.setReading(false)
            resume(from, to)
        }
        from.onClose { _ in to.close() }
    }

    /// Looks again every 5 milliseconds until the slow side takes more.
    private static func resume(_ from: WebSocketStream, _ to: WebSocketStream) {
        from.eventLoop.scheduleTask(in: .milliseconds(5)) {
            if to.isWritable || !to.channel.isActive { from.setReading(true) } else { resume(from, to) }
        }
    }
}
