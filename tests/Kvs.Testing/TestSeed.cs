using System.Globalization;

namespace Kvs.Testing;

/// <summary>The seed of a random test: new each time, unless the environment asks for one again.</summary>
public static class TestSeed
{
    /// <summary>The environment variable that makes random tests use its number, to replay a failure.</summary>
    public const string Variable = "KVS_TEST_SEED";

    /// <summary>Chooses a seed and tells <paramref name="print"/>, the test's output, how to get it again.</summary>
    public static int Choose(Action<string> print)
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (!int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int seed))
        {
            seed = Random.Shared.Next();
        }

        print($"Replay with {Variable}={seed.ToString(CultureInfo.InvariantCulture)}");
        return seed;
    }
}
