using Kvs.Bench.Options;
using Kvs.Bench.Reports.Html;

namespace Kvs.Bench.Reports;

/// <summary>The files that results go to, opened before anything is measured.</summary>
internal sealed class ReportFiles : IDisposable
{
    private readonly FileStream? _json;
    private readonly FileStream? _html;

    internal ReportFiles(OutputFiles files)
    {
        _json = files.Json is null ? null : File.Create(files.Json);
        try
        {
            _html = files.Html is null ? null : File.Create(files.Html);
        }
        catch
        {
            _json?.Dispose();
            throw;
        }
    }

    /// <summary>Writes them.</summary>
    internal void Write(IReadOnlyList<BenchResult> results)
    {
        if (_json is not null)
        {
            JsonReport.Write(_json, results);
        }

        if (_html is not null)
        {
            HtmlReport.Write(_html, [("", results)]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json?.Dispose();
        _html?.Dispose();
    }
}
