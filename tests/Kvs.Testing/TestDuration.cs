using System.Globalization;

namespace Kvs.Testing;

/// <summary>How long tests that search for races go on. None of them asserts a time.</summary>
public static class TestDuration
{
    /// <summary>The environment variable that lengthens such tests, in seconds.</summary>
    public const string Variable = "KVS_TEST_SECONDS";

    /// <summary>The duration that <see cref="Variable"/> names where that is longer, else
    /// <paramref name="atLeast"/>.</summary>
    public static TimeSpan Longer(TimeSpan atLeast)
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) &&
               seconds > atLeast.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : atLeast;
    }
}
