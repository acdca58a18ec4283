using Kvs.Files;

namespace Kvs.Testing;

/// <summary>What was asked of a file system, and which of it shall fail. Every member but
/// <see cref="NextNumber"/> is called with the file system's gate held.</summary>
internal sealed class OperationLog
{
    private readonly List<SimulatedOperation> _operations = [];
    private readonly List<ActiveFault> _faults = [];
    private long _lastNumber;

    internal long NextNumber() => Interlocked.Increment(ref _lastNumber);

    internal void Add(SimulatedOperation operation) => _operations.Add(operation);

    internal List<SimulatedOperation> ToList() => [.. _operations];

    internal void Inject(SimulatedFault fault) => _faults.Add(new ActiveFault(fault, fault.Skip));

    internal void ClearFaults() => _faults.Clear();

    /// <summary>The fault that this operation meets, if it meets one.</summary>
    internal SimulatedFault? FindFault(SimulatedOperation operation)
    {
        foreach (ActiveFault active in _faults)
        {
            if (!active.Fault.Matches(operation))
            {
                continue;
            }

            if (active.Remaining > 0)
            {
                active.Remaining--;
                continue;
            }

            if (!active.Fault.Repeats)
            {
                _faults.Remove(active);
            }

            return active.Fault;
        }

        return null;
    }

    internal static Exception MakeError(SimulatedFault fault, SimulatedOperation operation) =>
        OperatingSystemFiles.Failure($"{operation.Kind} (simulated)", operation.Path, fault.Error);

    private sealed class ActiveFault(SimulatedFault fault, long remaining)
    {
        internal SimulatedFault Fault => fault;

        internal long Remaining { get; set; } = remaining;
    }
}
