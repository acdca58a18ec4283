namespace Kvs.Server.Sessions.Resp;

/// <summary>Which of a command's arguments are keys, and what it does with them.</summary>
/// <param name="First">The first, counted from the command's name; 0 for none.</param>
/// <param name="Last">The last, counted from the first; a negative number counts from behind the last argument.</param>
/// <param name="Step">From one key to the next.</param>
/// <param name="Flags">What is done with them, in the words of COMMAND.</param>
/// <param name="Notes">Why, where that is not plain.</param>
internal sealed record KeySpec(int First, int Last, int Step, string[] Flags, string? Notes = null)
{
    /// <summary>One key, the first argument.</summary>
    internal static KeySpec One(params string[] flags) => new(1, 0, 1, flags);

    /// <summary>All arguments are keys.</summary>
    internal static KeySpec All(params string[] flags) => new(1, -1, 1, flags);

    /// <summary>Every second argument is a key.</summary>
    internal static KeySpec Pairs(params string[] flags) => new(1, -1, 2, flags);
}
