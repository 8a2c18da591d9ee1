internal import Crypto
import LockstepModel

/// SHA-256 as reports write it.
enum DrillDigest {
    static func sha256(_ bytes: [UInt8]) -> String { HexText.format(Array(SHA256.hash(data: bytes))) }
}
