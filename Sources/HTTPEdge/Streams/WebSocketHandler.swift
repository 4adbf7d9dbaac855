import Crypto
import NIOCore
import NIOWebSocket

/// The parts of the opening handshake that both sides compute.
enum WebSocketHandshake {
    /// `Sec-WebSocket-Accept` for a key.
    static func accept(_ key: String) -> String {
        let digest = Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Base64.encode(Array(digest))
    }
}

/// Standard base64 with padding.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var i = 0
        while i < bytes.count {
            let b0 = Int(bytes[i])
            let b1 = i + 1 < bytes.count ? Int(bytes[i + 1]) : 0
            let b2 = i + 2 < bytes.count ? Int(bytes[i + 2]) : 0
            out.append(letters[b0 >> 2])
            out.append(letters[(b0 & 3) << 4 | b1 >> 4])
            out.append(i + 1 < bytes.count ? letters[(b1 & 15) << 2 | b2 >> 6] : UInt8(ascii: "="))
            out.append(i + 2 < bytes.count ? letters[b2 & 63] : UInt8(ascii: "="))
            i += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes of a text, with or without padding; nil when it is none.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var held: UInt32 = 0
        var bits = 0
        for letter in text where letter != UInt8(ascii: "=") {
            let value: UInt8
            switch letter {
            case 0x41...0x5A: value = letter - 0x41
            case 0x61...0x7A: value = letter - 0x61 + 26
            case 0x30...0x39: value = letter - 0x30 + 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            default: return nil
            }
            held = held << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
            }
        }
        return out
    }
}

/// Puts frames together to messages, answers pings, and carries the closing handshake through.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    private let stream: WebSocketStream
    private let messageBytesMax: Int
    private var parts = ByteBuffer()
    private var opcode: WebSocketOpcode?

    init(stream: WebSocketStream, messageBytesMax: Int) {
        self.stream = stream
        self.messageBytesMax = messageBytesMax
    }

    static func add(to pipeline: ChannelPipeline.SynchronousOperations, stream: WebSocketStream, messageBytesMax: Int)
        throws
    {
        try pipeline.addHandlers([
            WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: messageBytesMax)),
            WebSocketHandler(stream: stream, messageBytesMax: messageBytesMax),
        ])
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text, .binary:
            guard opcode == nil else { return fail(context, 1002) }
            if frame.fin {
                stream.deliver(frame.opcode == .text ? .text(payload) : .binary(payload))
            } else {
                opcode = frame.opcode
                parts = payload
            }
        case .continuation:
            guard let opcode else { return fail(context, 1002) }
            guard parts.readableBytes + payload.readableBytes <= messageBytesMax else { return fail(context, 1009) }
            parts.writeBuffer(&payload)
            if frame.fin {
                self.opcode = nil
                let whole = parts
                parts = ByteBuffer()
                stream.deliver(opcode == .text ? .text(whole) : .binary(whole))
            }
        case .ping: stream.sendPong(payload)
        case .pong: break
        case .connectionClose:
            let code = payload.readInteger(as: UInt16.self)
            stream.peerClosed(code)
            if !stream.hasSentClose { stream.sendClose(code) }
            context.close(promise: nil)
        default: fail(context, 1002)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ code: UInt16) {
        stream.sendClose(code)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stream.ended()
        context.fireChannelInactive()
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .invalidFrameLength? = error as? NIOWebSocketError {
            fail(context, 1009)
        } else if error is NIOWebSocketError {
            fail(context, 1002)
        } else {
            context.close(promise: nil)
        }
    }
}
