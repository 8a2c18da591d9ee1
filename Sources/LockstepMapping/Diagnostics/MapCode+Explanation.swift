extension MapCode {
    /// What goes wrong at run time where the finding is ignored, in a few sentences for whoever asks why.
    public var explanation: String {
        switch self {
        case .unreadable:
            """
            Nothing of the map is known, so the link cannot start at all: the maps of a link share one stream of \
            changes, and running without one of them would skip its changes. Check the path and the rights of \
            the file.
            """
        case .tooLarge:
            """
            Files of this size are not written by people; reading them would cost memory and time before \
            anything is checked. The link does not start. Split the file, or look whether another file was named \
            by mistake.
            """
        case .wrongEncoding:
            """
            Names and values would be compared with bytes that mean something else in the stores, so that \
            records would not be found. Only UTF-8 is read. The link does not start until the file is saved as \
            UTF-8.
            """
        case .malformedYAML:
            """
            What stands after the place could mean anything, and guessing would write wrong data. The link does \
            not start. Tabs for indentation and quotes that are not closed are the usual causes.
            """
        case .severalDocuments:
            """
            A file is one map, with one name and one version. Of several documents all but the first would be \
            overlooked without a word, so the file is refused.
            """
        case .duplicateKey:
            """
            Of two equal keys one would silently win, and which one is an accident of the parser. The map could \
            do other than what it seems to say, so it is refused.
            """
        case .aliasExpansion:
            """
            Aliases inside aliases grow without bound: a file of a kilobyte can stand for gigabytes. It is \
            refused before it is expanded, so that reading a map never exhausts the machine.
            """
        case .nestedTooDeep:
            """
            Nothing in a map is nested this deep, and deep nesting exhausts the stack of programs that read it. \
            The file is refused as damaged or hostile.
            """
        case .unknownKey:
            """
            A key with a slip of the pen would have no effect: a guard that does not guard, an owner that owns \
            nothing. The map is refused, so that this cannot pass unseen.
            """
        case .missingKey:
            """
            Without it the map does not say what it must: which records belong together, or where they are. The \
            link does not start.
            """
        case .wrongType:
            """
            The value is there, but not in the form that the key needs, so that it cannot be understood. The \
            link does not start.
            """
        case .badValue:
            """
            The word means nothing here. Taking it for the nearest known one could write wrong data, so the map \
            is refused.
            """

        case .notSupported:
            """
            This version cannot do what the map asks for. Leaving it out silently would give stores that look \
            synchronized and are not, so the map is refused.
            """
        case .wrongStores:
            """
            A link joins exactly two stores, and transactions are ordered between these. A map of other stores \
            cannot be run by it, and the link does not start.
            """
        case .unknownStore:
            """
            The rule names a store that the map does not have, so nobody would ever win by it. Usually a slip of \
            the pen, or a map that was copied from another link.
            """
        case .incompletePair:
            """
            A pair needs a field on either side, or a constant or an expression in the place of one. As it \
            stands it is not known where values come from or where they go.
            """
        case .contradiction:
            """
            The two keys ask for different things of the same value. Whichever was obeyed, the other would be \
            broken without a word, so the map is refused.
            """
        case .neverGoes:
            """
            The pair looks as if the field was kept equal, and nothing ever carries it. The fields drift apart \
            while the map looks complete.
            """
        case .keyTransformed:
            """
            Keys are how records find each other, in both directions and in each comparison. If a transform \
            changed them on the way, a record would not find itself again: it would be inserted twice, or \
            deleted.
            """
        case .duplicateTarget:
            """
            Two values would be written into one field, and the last one wins by accident of order. On each \
            comparison one of them differs, so the record is written again and again.
            """
        case .valuesNotReversible:
            """
            On the way back it is not known which of the two values is meant. Taking one of them would change \
            records that nobody touched: a value would go over as one thing and come back as another.
            """
        case .duplicateMap:
            """
            State, checkpoints, conflicts and parked records are kept by the map's name. Two maps of one name \
            would share them and corrupt each other's history.
            """
        case .noRule:
            """
            When both sides change the field between two runs, nobody is told to win. The conflict waits for a \
            person, and until then both sides keep their own value. That may be what you want; then say so with \
            `overlap: manual`.
            """
        case .filtersOverlap:
            """
            A record inside both filters belongs to two maps. Both write it, each undoes what the other did, and \
            a delete by one is an update by the other. Each run finds changes, and the record is never at rest.
            """
        case .filtersNotProved:
            """
            If a record is ever inside both filters, two maps write it and undo each other. Equality with \
            different constants on one field of both filters proves that this cannot be; `lockstep map lint` \
            with access to the stores counts the records that are in both now.
            """
        case .neverMatches:
            """
            The map starts, runs, and carries nothing: each side looks as if there was nothing to do. Comparing \
            with null by `gt` or `lt`, or one field with two different constants, is true for no record.
            """
        case .constantOutsideFilter:
            """
            Each record that the map writes leaves the map's own filter at once. It is followed no longer, its \
            changes do not come back, and the next comparison takes it for a record that the other side lacks.
            """
        case .filterFieldNotFilled:
            """
            Records that the map inserts there do not meet the map's own filter, unless the store itself fills \
            the field. They are followed no longer, and their changes do not come back. A constant in `fields` \
            fills it.
            """
        case .constantExpression:
            """
            The expression gives the same value for each record. As `constant` it is checked against the field's \
            type when the map is read, and a reader sees at once what is written.
            """
        case .valueChangesNothing:
            """
            With `unmapped: pass` each value that is not listed goes through as it is, and so does this one. The \
            entry suggests that the list is complete when it is not.
            """
        case .directionWithoutEffect:
            """
            The pair says that it goes both ways, but the map goes one way only, so changes on the other side \
            are never brought back. Whoever reads the pair expects something else.
            """
        case .ruleWithoutEffect:
            """
            An owner or an overlap rule decides between two sides that both changed a field. Where one side only \
            is ever written there is nothing to decide, and the rule promises a protection that is not there.
            """
        case .unguardedDeletes:
            """
            A table that is emptied by accident on one side is emptied on the other in the same run. The guard \
            stops the map and asks when more than a share of the entity would go; `off` takes that away.
            """

        case .badPartitions:
            """
            A list of partitions says which parts of the business a map is for, and each of them becomes a map of \
            its own. With an empty list there would be none, and a partition that stands twice would be copied by \
            two maps that do not know of each other.
            """
        case .partitionsDrift:
            """
            A record without a partition would stand for one record in each of several partitions. What one of them \
            changes arrives there, and never reaches the others: they drift apart without a word. Several partitions \
            can be filled from such a record, but not feed it.
            """
        case .withinWithoutPath:
            """
            `within` narrows the records that a path may lead to. Without a path there is nothing to narrow, and \
            whoever wrote it believes in a check that does not happen.
            """
        case .cannotBeDeferred:
            """
            A deferred field is null until the second pass. A key, a field that must have a value, or one that gets \
            a default instead of null cannot wait: the record would be refused, or would be given the default for \
            good.
            """
        case .stampIsPath:
            """
            `newest` asks which record was changed last. The time stamp of another record that it refers to says \
            nothing about that, and the wrong side would win.
            """
        case .badReference:
            """
            The line is the only thing that says where a field leads to, as the store does not. If it cannot be \
            read, paths over the field cannot be resolved, and every record that has one would be parked.
            """
        case .unknownEntity:
            "There is nothing to read from or to write to. The link does not start."
        case .unknownField:
            """
            The field would be read as nothing or written nowhere. The link does not start. Often the field was \
            renamed or dropped in the store after the map was written.
            """
        case .keyNotUnique:
            """
            Two records with the same key cannot be told apart: an update would hit either of them, a delete \
            perhaps both. A unique index makes the store itself keep the promise, also while a sync runs.
            """
        case .keyTypesDiffer:
            """
            Records are matched by comparing their keys in sorted order. Values that compare or sort differently \
            on the two sides would miss each other, and be inserted twice.
            """
        case .requiredNotFilled:
            """
            The store refuses every insert, so that every new record is parked. Fill the field with a pair or a \
            constant, or give it a default in the store.
            """
        case .noExactConversion:
            """
            Values would be lost or mean something else on the other side, and come back changed. Lockstep never \
            loses data silently: allow the loss with a word such as `round`, list the values, or compute them \
            with `from`.
            """
        case .writesGenerated:
            """
            The store refuses to write a field that it computes, so that each record would be parked. The field \
            can be read all the same: let the pair go the other way only.
            """
        case .valueDoesNotFit:
            """
            The constant, default or listed value is not one that the field can hold. Each record that needs it \
            would be refused by the store.
            """
        case .stampNotComparable:
            """
            `newest` compares two times to find the later change. Fields that cannot be compared would make an \
            accident the winner of each conflict.
            """
        case .badExpression:
            """
            The expression has no value, or one that does not go where it is needed. As a filter it would choose \
            the wrong records. The link does not start.
            """
        case .mayNotFit:
            """
            The target is narrower than the source. Records whose values fit go over; those whose values do not \
            are parked, each with its reason. With access to the stores the lint counts them.
            """
        case .mayBeNull:
            """
            The source may be null and the target must have a value. Records with null there are parked until \
            somebody fills the field. A `default` in the pair lets them go through.
            """
        case .viewNotWritable:
            """
            A view shows what other tables hold, and cannot be relied on to take what is written. Map the table \
            behind it, or let the map only read from it.
            """
        case .refersNowhere:
            """
            A path is followed by looking up the record that a field refers to. The store declares no reference \
            here, and guessing by name would find the wrong record some day. A line in `references` says it.
            """
        case .ambiguousReference:
            """
            Several references go through this field and lead to different records. Whichever were taken, some \
            records would silently be tied to the wrong one.
            """
        case .pathNotUnique:
            """
            To write a path, the one record must be found that has these values. Where several may have them, \
            records would be parked as ambiguous, or tied to whichever came first. Another pair with the same \
            reference, or `within`, makes it unique.
            """
        case .pathTypesDiffer:
            """
            The record is looked up by its value. If the two types do not compare exactly, equal things are not \
            found, and everything that refers to them is parked.
            """
        case .rootWrittenTwice:
            """
            The path fills the field that refers, and so does another pair. The two may disagree, and which one is \
            written last would be an accident.
            """
        case .badWithin:
            """
            The field of `within` must stand on the record and on the one that it refers to, and must be filled. \
            Otherwise nothing narrows the search, and records are tied to another company's.
            """
        case .badPartitionField:
            """
            The partition decides which map a record belongs to. If it does not fit the key or cannot be found, \
            records of one partition would be matched with those of another.
            """
        case .schemaDrift:
            """
            The map was written for the schema as it was when it was accepted. A field that went, came or \
            changed its type since then may change what the map does. Look at it, mend the map where needed, and \
            say `lockstep map accept`.
            """
        case .defaultNeverUsed:
            """
            The store does not allow null in the source field, so that the default never replaces anything. \
            Usually the default was meant for another field, or the field for another value.
            """
        case .emptyTextAndNull:
            """
            In the expression language null is not equal to the empty text, so that `ne ''` is true where the \
            field is null. Records without a value come through, which the filter seems meant to keep out.
            """
        case .labelsNotMapped:
            """
            The field may have labels that the value map does not list. Records with them are parked as soon as \
            one turns up, perhaps long after the map went live. List them, or say what becomes of them with \
            `unmapped`.
            """

        case .keyIsNull:
            """
            Without a key the record cannot be found on the other side: each run would insert it again. It is \
            parked until the key has a value.
            """
        case .unreadableValue:
            """
            The store holds something that the field's type does not explain, such as a text in a number column, \
            or a reference to a record that is not there. The record is parked until the value is mended in the \
            store.
            """
        case .outOfRange:
            """
            The number is larger or smaller than the target field can hold. The store would refuse it, or worse, \
            cut it. The record is parked until the value or the field changes.
            """
        case .notExact:
            """
            The target field keeps fewer digits than the value has, and the value would come back changed. The \
            record is parked; `round: true` or `truncate: true` in the pair allows the loss.
            """
        case .tooLong:
            """
            The text is longer than the target field. The record is parked until the text is shortened, the \
            field is widened, or the pair says `truncate: true`.
            """
        case .zeroCharacter:
            """
            The text holds the character U+0000, which the target's database cannot store. The record is parked \
            until the character is taken out of the source.
            """
        case .notALabel:
            """
            The target field allows only certain texts, and this is none of them. The record is parked; a value \
            map in the pair says which text stands for which label.
            """
        case .unmappedValue:
            """
            The value map has no counterpart for the value. The record is parked until the value is listed, or \
            `unmapped` says what becomes of such values.
            """
        case .nullNotAllowed:
            """
            The target field must have a value and would get none. The record is parked; a `default` in the pair \
            lets it go through.
            """
        case .malformedValue:
            """
            The text does not read as a value of the target's type, as `12a` is no number. The record is parked \
            until the text is mended, or the map handles it with `values` or `from`.
            """
        case .notAvailable:
            """
            The store left out a large value that did not change, and the map needs it. The record is parked and \
            heals when the store sends the value.
            """
        case .wrongKind:
            """
            The store delivered a value of another type than it describes the field with, and that type does not \
            go into the target. The record is parked; look at the schema of the store.
            """
        case .keyNotUniqueInData:
            """
            Records with the same key cannot be told apart, and no unique index over the key can be made while \
            they are there. One of them would be matched by accident. Merge or delete the others, or add a field \
            to the key.
            """
        case .recordsInTwoMaps:
            """
            Each of these records is written by two maps that undo each other, run after run. Narrow one of the \
            filters so that each record belongs to one map.
            """
        case .filterMatchesNothing:
            """
            The entity has records, and the map follows none of them. Usually a constant in the filter is \
            written in another way than in the store: other case, a number for a text, a blank at the end.
            """
        case .valuesBecomeNull:
            """
            `unmapped: null` replaces each value that the list lacks, and in a two-way map the null may travel \
            back. These values are lost on the other side; list them, or let the records wait with `unmapped: \
            park`.
            """
        case .matchIncomplete:
            """
            A match rule compares its fields one by one. With another number of them on either side there is no \
            telling which belongs to which, and the rule finds nothing.
            """
        case .matchNeverAgrees:
            """
            The rule asks for equal values of two types that have none in common, so it finds no duplicate, and the \
            plan looks better than the data is.
            """
        case .unknownZone:
            """
            Times without zone become points in time by the rules of a zone. With a name that nobody knows there are \
            no rules, and each time would be hours off.
            """
        case .formWithoutEffect:
            """
            The pair says that something happens to its values which cannot: blanks are taken off texts only, zones \
            are of times, digits of numbers. Whoever wrote it relies on it.
            """
        case .sentinelContradicts:
            """
            The value is read as null before anything else looks at it. What the other key says of it never happens.
            """
        case .noSuchLocalTime:
            """
            When clocks are put forward, an hour is left out. A time within it was made by a program that knows no \
            zones; which point in time it meant cannot be told, so the record waits.
            """
        case .ambiguousLocalTime:
            """
            When clocks are put back, an hour comes twice. Taking one of the two by chance would shift the record by \
            an hour, so it waits, unless `zone: {name: …, overlap: earlier}` (or `later`) says which is meant.
            """
        }
    }
}
