using System.CommandLine;
using System.Globalization;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Options;

/// <summary>The options that say what is done to a store: their names, defaults and checks.</summary>
internal sealed class LoadOptions
{
    private const int MaxKeys = 100_000_000;
    private const int MaxBatch = 131_072;
    private const int MaxRounds = 1000;
    private const int MaxValueBytes = 16 * 1024 * 1024;
    private const double MinSeconds = 0.001;
    private const double MaxSeconds = 86_400;
    private const double MaxRate = 1e9;
    private const string ZipfianPrefix = "zipfian:";

    private static readonly string[] s_mixNames = [.. Enum.GetValues<Mix>().Select(mix => mix.Name())];

    private readonly Argument<string?> _workload = new("WORKLOAD")
    {
        Description = "A workload by its name, whose parameters the options override: " +
                      string.Join(", ", Presets.Names),
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<int> _keys = OptionMaker.Number("--keys", "How many keys there are", 1_000_000, 1, MaxKeys);

    private readonly Option<KeyFormat> _keyFormat = OptionMaker.Name("--key-format",
        "What keys look like: binary, decimal (digits, as many as it takes), uuid (36 characters)", KeyFormat.Binary);

    private readonly Option<int> _keyBytes = OptionMaker.Number("--key-bytes", "The length of each binary key", 16,
        KeyPattern.MinBinaryBytes, Limits.HighestMaxKeyBytes);

    private readonly Option<ByteRange> _valueBytes = OptionMaker.Value("--value-bytes", "N|MIN..MAX",
        "The length of each value, or the shortest and the longest, between which they are evenly spread",
        new ByteRange(100, 100), TryParseValueBytes, $"give a number, or MIN..MAX, from 0 to {MaxValueBytes}");

    private readonly Option<ListOf<int>> _batch;
    private readonly Option<ListOf<Mix>> _mixes;

    private readonly Option<Distribution> _distribution = OptionMaker.Value<Distribution>("--distribution", "NAME",
        "How often each key is asked for: uniform, zipfian (0.99, as in YCSB; the popular keys scattered), " +
        "zipfian:THETA", default, TryParseDistribution,
        "give uniform, zipfian, or zipfian:THETA with THETA above 0 and below 1");

    private readonly Option<DurabilityChoice> _durability = OptionMaker.Value("--durability", "LEVEL",
        $"What a set has reached when it returns: {DurabilityChoice.Values}",
        new DurabilityChoice(Durability.Process, new KvStoreOptions().SyncInterval), TryParseDurability,
        $"there are {DurabilityChoice.Values}");

    private readonly Option<double> _seconds = OptionMaker.Value<double>("--seconds", "N",
        "How long each mix is measured in each round; load takes as long as it takes", 1, TryParseSeconds,
        string.Create(CultureInfo.InvariantCulture, $"give a number from {MinSeconds} to {MaxSeconds}"));

    private readonly Option<int> _rounds = OptionMaker.Number("--rounds",
        "How often everything is measured after one round of warming up; the results are medians", 3, 1, MaxRounds);

    private readonly Option<double?> _rate = OptionMaker.Value<double?>("--rate", "N",
        "Operations to begin each second, whether those before have ended or not: latencies count from when each was " +
        "to begin, so that a stall is not hidden. By default each begins when one before it has ended, as load " +
        "does in any case", null,
        TryParseRate, string.Create(CultureInfo.InvariantCulture, $"give a number above 0, up to {MaxRate}"));

    private readonly OutputOptions _output = new();

    /// <summary>Makes the options.</summary>
    /// <param name="mixes">The default of <c>--mix</c>.</param>
    /// <param name="batchHelp">What a batch is.</param>
    internal LoadOptions(IReadOnlyList<Mix> mixes, string batchHelp)
    {
        _mixes = OptionMaker.List("--mix", "NAME[,NAME...]",
            $"What is done, one mix after the other on the same store: {Mixes.Help}", mixes, TryParseMix,
            $"there are {string.Join(", ", s_mixNames)}");
        _batch = OptionMaker.Numbers("--batch", batchHelp, [1], 1, MaxBatch);
    }

    /// <summary>Gives the command these options.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_workload);
        foreach (Option option in (Option[])
            [
                _mixes, _keys, _keyFormat, _keyBytes, _valueBytes, _distribution, _batch, _durability, _seconds,
                _rounds, _rate,
            ])
        {
            command.Add(option);
        }

        _output.AddTo(command);
    }

    /// <summary>What was given.</summary>
    /// <exception cref="CommandLine.ProgramException">The options do not go together.</exception>
    internal LoadSettings Read(ParseResult parsed)
    {
        var settings = new LoadSettings
        {
            Workload = Presets.CheckName(parsed.GetValue(_workload)),
            Keys = parsed.GetRequiredValue(_keys),
            KeyFormat = parsed.GetRequiredValue(_keyFormat),
            KeyBytes = parsed.GetRequiredValue(_keyBytes),
            ValueBytes = parsed.GetRequiredValue(_valueBytes),
            Batches = parsed.GetRequiredValue(_batch).Items,
            Mixes = parsed.GetRequiredValue(_mixes).Items,
            Distribution = parsed.GetRequiredValue(_distribution),
            Durability = parsed.GetRequiredValue(_durability),
            Seconds = parsed.GetRequiredValue(_seconds),
            Rounds = parsed.GetRequiredValue(_rounds),
            Rate = parsed.GetValue(_rate),
            Output = _output.Read(parsed),
        };
        settings.Check();
        return settings;
    }

    // Not Enum.TryParse alone, which takes numbers as well.
    private static bool TryParseMix(string text, out Mix mix)
    {
        mix = default;
        return s_mixNames.Contains(text) && Enum.TryParse(text, ignoreCase: true, out mix);
    }

    private static bool TryParseValueBytes(string text, out ByteRange range) =>
        ByteRange.TryParse(text, MaxValueBytes, out range);

    private static bool TryParseDistribution(string text, out Distribution distribution)
    {
        double theta = text == "zipfian" ? ZipfianDistribution.StandardTheta : 0;
        bool hasTheta = text.StartsWith(ZipfianPrefix, StringComparison.Ordinal) &&
                        double.TryParse(text.AsSpan(ZipfianPrefix.Length), NumberStyles.AllowDecimalPoint,
                            CultureInfo.InvariantCulture, out theta);
        distribution = new Distribution(theta);
        return text is "uniform" or "zipfian" || (hasTheta && theta is > 0 and < 1);
    }

    private static bool TryParseDurability(string text, out DurabilityChoice durability)
    {
        DurabilityChoice? parsed = DurabilityChoice.TryParse(text);
        durability = parsed ?? default;
        return parsed is not null;
    }

    private static bool TryParseSeconds(string text, out double seconds) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) &&
        seconds is >= MinSeconds and <= MaxSeconds;

    private static bool TryParseRate(string text, out double? rate)
    {
        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out double number);
        rate = number;
        return isNumber && number is > 0 and <= MaxRate;
    }
}
