using System.CommandLine;
using System.Globalization;
using Kvs.Bench.Drivers;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Options;

/// <summary>The options of <c>kvs-bench embedded</c> and <c>partitions</c>: their names, defaults and checks.</summary>
internal sealed class EmbeddedOptions
{
    private const int MaxKeys = 100_000_000;
    private const int MaxThreads = 1024;
    private const int MaxBatch = 65536;
    private const int MaxRounds = 1000;
    private const int MaxValueBytes = 16 * 1024 * 1024;
    private const double MinSeconds = 0.001;
    private const double MaxSeconds = 86_400;
    private const string ZipfianPrefix = "zipfian:";

    private static readonly string[] s_engineNames = [.. EngineKind.All.Select(engine => engine.Name)];
    private static readonly string[] s_mixNames = [.. Enum.GetValues<Mix>().Select(mix => mix.Name())];

    private readonly Option<ListOf<string>> _engines = OptionMaker.List<string>("--engine", "NAME[,NAME...]",
        $"What is measured: {string.Join(", ", s_engineNames)} (bare: appends and syncs only; none: no store). " +
        "Several take turns in the same run, and the first is compared with the others", [s_engineNames[0]],
        TryParseEngine,
        $"there are {string.Join(", ", s_engineNames)}");

    private readonly Option<int> _keys = OptionMaker.Number("--keys", "How many keys there are", 1_000_000, 1, MaxKeys);

    private readonly Option<int> _keyBytes = OptionMaker.Number("--key-bytes", "The length of each key", 16,
        ValuePattern.MinKeyBytes, Limits.HighestMaxKeyBytes);

    private readonly Option<int> _valueBytes = OptionMaker.Number("--value-bytes", "The length of each value", 100, 0,
        MaxValueBytes);

    private readonly Option<ListOf<int>> _threads;

    private readonly Option<int> _batch = OptionMaker.Number("--batch",
        "Keys in each call. With more than 1, gets go through GetMany and sets through SetMany, which is not atomic; " +
        "latencies are then those of a whole call", 1, 1, MaxBatch);

    private readonly Option<bool> _atomic = new("--atomic")
    {
        Description = "Make the sets of each batch as one, through TryWrite (rocksdb and lmdb always do so)",
    };

    private readonly Option<ListOf<Mix>> _mixes;

    private readonly Option<Distribution> _distribution = OptionMaker.Value<Distribution>("--distribution", "NAME",
        "How often each key is asked for: uniform, zipfian (0.99, as in YCSB), zipfian:THETA", default,
        TryParseDistribution, "give uniform, zipfian, or zipfian:THETA with THETA above 0 and below 1");

    private readonly Option<DurabilityChoice> _durability = OptionMaker.Value("--durability", "LEVEL",
        $"What a set has reached when it returns: {DurabilityChoice.Values}",
        new DurabilityChoice(Durability.Process, new KvStoreOptions().SyncInterval), TryParseDurability,
        $"there are {DurabilityChoice.Values}");

    private readonly Option<ListOf<int>> _partitions;

    private readonly Option<double> _seconds = OptionMaker.Value<double>("--seconds", "N",
        "How long each mix is measured in each round; load takes as long as it takes", 1, TryParseSeconds,
        string.Create(CultureInfo.InvariantCulture, $"give a number from {MinSeconds} to {MaxSeconds}"));

    private readonly Option<int> _rounds = OptionMaker.Number("--rounds",
        "How often everything is measured, each time on new stores and after one round of warming up; the results " +
        "are medians", 3, 1, MaxRounds);

    private readonly Option<string?> _folder = new("--dir")
    {
        Description = "An empty folder for the stores' data; by default a temporary one, removed afterwards",
        HelpName = "DIR",
    };

    private readonly Option<string?> _json = new("--json")
    {
        Description = "Write the results to a file as well, as a JSON array",
        HelpName = "FILE",
    };

    /// <summary>Makes the options.</summary>
    /// <param name="mixes">The default of <c>--mix</c>.</param>
    /// <param name="threads">The default of <c>--threads</c>.</param>
    /// <param name="partitions">The default of <c>--partitions</c>.</param>
    internal EmbeddedOptions(IReadOnlyList<Mix> mixes, IReadOnlyList<int> threads, IReadOnlyList<int> partitions)
    {
        _threads = OptionMaker.Numbers("--threads", "How many threads; several numbers are measured in turn", threads,
            1, MaxThreads);
        _mixes = OptionMaker.List("--mix", "NAME[,NAME...]",
            "What is done, one mix after the other on the same store: load (new keys), get, set (keys that are " +
            "there), a (half gets, half sets), b (95 % gets), c (gets only), partitions (each thread sets and gets a " +
            "key of its own)", mixes, TryParseMix, $"there are {string.Join(", ", s_mixNames)}");
        _partitions = OptionMaker.Numbers("--partitions",
            "Partitions of kvs's index, each with a lock for its writers; several numbers are measured in turn",
            partitions, 1, KvStoreOptions.MaxPartitions);
    }

    /// <summary>Gives the command these options.</summary>
    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [
                _engines, _mixes, _keys, _keyBytes, _valueBytes, _distribution, _threads, _batch, _atomic, _durability,
                _partitions, _seconds, _rounds, _folder, _json,
            ])
        {
            command.Add(option);
        }
    }

    /// <summary>What was given.</summary>
    /// <exception cref="CommandLine.ProgramException">The options do not go together.</exception>
    internal EmbeddedSettings Read(ParseResult parsed)
    {
        var settings = new EmbeddedSettings
        {
            Engines = parsed.GetRequiredValue(_engines).Items,
            Keys = parsed.GetRequiredValue(_keys),
            KeyBytes = parsed.GetRequiredValue(_keyBytes),
            ValueBytes = parsed.GetRequiredValue(_valueBytes),
            Threads = parsed.GetRequiredValue(_threads).Items,
            Batch = parsed.GetRequiredValue(_batch),
            IsAtomic = parsed.GetValue(_atomic),
            Mixes = parsed.GetRequiredValue(_mixes).Items,
            Distribution = parsed.GetRequiredValue(_distribution),
            Durability = parsed.GetRequiredValue(_durability),
            Partitions = parsed.GetRequiredValue(_partitions).Items,
            Seconds = parsed.GetRequiredValue(_seconds),
            Rounds = parsed.GetRequiredValue(_rounds),
            Folder = parsed.GetValue(_folder),
            JsonFile = parsed.GetValue(_json),
        };
        settings.Check();
        return settings;
    }

    private static bool TryParseEngine(string text, out string name)
    {
        name = text;
        return s_engineNames.Contains(text);
    }

    // Not Enum.TryParse alone, which takes numbers as well.
    private static bool TryParseMix(string text, out Mix mix)
    {
        mix = default;
        return s_mixNames.Contains(text) && Enum.TryParse(text, ignoreCase: true, out mix);
    }

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
}
