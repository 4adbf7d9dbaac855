import SwiftASN1
import X509

/// Texts with several PEM blocks.
enum PEMBlocks {
    static func certificates(_ text: String) throws -> [Certificate] {
        try PEMDocument.parseMultiple(pemString: text).filter { $0.discriminator == "CERTIFICATE" }.map {
            try Certificate(derEncoded: $0.derBytes)
        }
    }
}
