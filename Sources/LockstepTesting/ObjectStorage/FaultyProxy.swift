import Dispatch
import Foundation
import Synchronization

/// Stands between a client and a server on the loopback interface, and breaks connections as planned: one fault for each
/// connection in turn, then none. A planned fault that never came to pass is left in ``faultsLeft``.
public final class FaultyProxy: Sendable {
    public enum Fault: Sendable {
        /// Nothing happens to the connection.
        case none
        /// The connection is cut when so many bytes have gone to the server.
        case cutRequest(afterBytes: Int)
        /// The connection is cut when so many bytes of answers have come to the client; 0: the server has done what was
        /// asked, and the client never hears of it.
        case cutResponse(afterBytes: Int)
    }

    public let port: Int
    private let listener: Int32
    private let target: Int
    private let faults: Mutex<[Fault]>

    public init(to target: Int, faults: [Fault]) throws {
        self.target = target
        self.faults = Mutex(faults)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = LoopbackPort.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, length) == 0, listen(listener, 64) == 0 else { return Int32(-1) }
                return getsockname(listener, address, &length)
            }
        }
        guard status == 0 else { throw SeaweedServer.Failure(description: "the proxy has no port") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                self.serve(client)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    public var faultsLeft: Int { faults.withLock { $0.count } }

    private func serve(_ client: Int32) {
        let fault = faults.withLock { $0.isEmpty ? Fault.none : $0.removeFirst() }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = LoopbackPort.address(target)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(server)
            close(client)
            return
        }
        let pair = ProxiedConnection(client: client, server: server)
        var (request, response) = (Int.max, Int.max)
        switch fault {
        case .none: break
        case .cutRequest(let bytes): request = bytes
        case .cutResponse(let bytes): response = bytes
        }
        let limits = (request, response)
        Thread.detachNewThread { pair.pump(from: client, to: server, limit: limits.0) }
        Thread.detachNewThread { pair.pump(from: server, to: client, limit: limits.1) }
    }
}

/// Both ends of a connection, closed when both directions are done.
private final class ProxiedConnection: Sendable {
    private let client: Int32
    private let server: Int32

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    deinit {
        close(client)
        close(server)
    }

    func pump(from source: Int32, to target: Int32, limit: Int) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var left = limit
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let passed = min(count, left)
            guard passed == 0 || send(target, buffer, passed, Int32(MSG_NOSIGNAL)) == passed else { break }
            left -= passed
            if passed < count { break }
        }
        // Both at once: a connection is cut, not closed politely.
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }
}

extension LoopbackPort {
    static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
