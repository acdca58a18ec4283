namespace Kvs.ServerProgram.Settings;

/// <summary>The value of a setting, and where it is from.</summary>
/// <param name="Text">The value.</param>
/// <param name="Source">Where it is from, in words, for <c>--print-config</c>.</param>
/// <param name="Place">What an error begins with, so that the value is found.</param>
internal sealed record GivenValue(string Text, string Source, string Place);
