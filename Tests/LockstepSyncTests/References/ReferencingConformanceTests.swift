import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// A connector that shows paths keeps every promise of the one behind it.
@Suite struct ReferencingConformanceTests {
    /// Paths through the entity itself, which no check asks for.
    static func paths(_ entity: String) -> [String: [FieldPath]] {
        let hop = FieldPath.Hop(
            fields: [ConformanceScratch.code], entity: entity, targetFields: [ConformanceScratch.code])
        return [entity: [FieldPath(name: "self.note", hops: [hop], field: ConformanceScratch.note)]]
    }

    @Test(arguments: ConformanceCheck.all)
    func aReferencingConnectorKeepsEveryPromise(_ check: ConformanceCheck) async {
        let name = MemoryConformance.subject().entity
        let subject = MemoryConformance.subject { ReferencingConnector($0, paths: Self.paths(name)) }
        #expect(await check.run(subject) == .passed)
    }
}
