using System.Diagnostics.Metrics;

namespace Kvs.Server.Monitoring;

/// <summary>
/// Listens to the meter <c>Kvs</c> and has the figures of all its instruments at hand.
/// </summary>
/// <remarks>Any thread may call any member. <c>_reading</c> lets one at a time read; <c>_adding</c> guards the list of
/// series. Two, because reading asks stores, which may have to wait for the very thread that adds a series.</remarks>
internal sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _reading = new();
    private readonly Lock _adding = new();
    private readonly List<Series> _series = [];

    internal MeterReader()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ServerMeter.Name)
            {
                listener.EnableMeasurementEvents(instrument, new InstrumentSeries(this, instrument));
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.Start();
    }

    /// <summary>The figures as they are now, those of one instrument behind each other.</summary>
    internal IReadOnlyList<Figure> Read()
    {
        lock (_reading)
        {
            foreach (Series series in ListSeries())
            {
                // Of a store or a server that is there no more, nothing comes.
                series.HasValue = false;
            }

            _listener.RecordObservableInstruments();
            long nowMs = Environment.TickCount64;
            return
            [
                .. ListSeries().Where(series => series.HasValue || series.Distribution is not null)
                    .Select(series => series.Read(nowMs))
                    .OrderBy(figure => figure.Instrument.Name, StringComparer.Ordinal),
            ];
        }
    }

    public void Dispose() => _listener.Dispose();

    private Series[] ListSeries()
    {
        lock (_adding)
        {
            return [.. _series];
        }
    }

    private static void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        Series series = ((InstrumentSeries)state!).Get(tags);
        if (series.Distribution is not null)
        {
            series.Distribution.Add(value);
            return;
        }

        // Only where Read asks.
        series.Value = value;
        series.HasValue = true;
    }

    /// <summary>The series of one instrument. They are few, so that looking through them is quick.</summary>
    private sealed class InstrumentSeries(MeterReader reader, Instrument instrument)
    {
        private Series[] _all = [];

        internal Series Get(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            Find(Volatile.Read(ref _all), tags) ?? Add(tags);

        private static Series? Find(Series[] all, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (Series series in all)
            {
                if (AreEqual(tags, series.Tags))
                {
                    return series;
                }
            }

            return null;
        }

        /// <summary>Without boxes, as this is done for every value of a histogram.</summary>
        private static bool AreEqual(
            ReadOnlySpan<KeyValuePair<string, object?>> tags, KeyValuePair<string, object?>[] others)
        {
            bool areEqual = tags.Length == others.Length;
            for (int i = 0; areEqual && i < tags.Length; i++)
            {
                areEqual = tags[i].Key == others[i].Key && Equals(tags[i].Value, others[i].Value);
            }

            return areEqual;
        }

        private Series Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (reader._adding)
            {
                if (Find(_all, tags) is { } found)
                {
                    return found;
                }

                var series = new Series(instrument, tags.ToArray());
                reader._series.Add(series);
                Volatile.Write(ref _all, [.. _all, series]);
                return series;
            }
        }
    }

    /// <summary>The values of an instrument with the same tags.</summary>
    private sealed class Series(Instrument instrument, KeyValuePair<string, object?>[] tags)
    {
        /// <summary>Quantiles are of the time between this and twice as long, if they are asked for as often.</summary>
        private const int WindowMs = 30_000;

        private DistributionSnapshot? _old;
        private DistributionSnapshot? _recent;
        private long _recentAtMs = Environment.TickCount64;

        internal KeyValuePair<string, object?>[] Tags => tags;

        internal Distribution? Distribution { get; } =
            instrument.GetType().GetGenericTypeDefinition() == typeof(Histogram<>) ? new Distribution() : null;

        internal bool HasValue { get; set; }

        internal double Value { get; set; }

        internal Figure Read(long nowMs)
        {
            DistributionSnapshot? now = Distribution?.Read();
            if (nowMs - _recentAtMs >= WindowMs)
            {
                _old = _recent;
                _recent = now;
                _recentAtMs = nowMs;
            }

            return new Figure(instrument, tags, Value, now, _old);
        }
    }
}
