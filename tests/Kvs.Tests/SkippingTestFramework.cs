using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kvs.Testing;

/// <summary>Lets a test be skipped while it runs, where it finds that the machine lacks something: xunit 2 has
/// <see cref="SkipException"/>, and takes it for a failure. Project files name it, and the assembly that it is
/// in.</summary>
public sealed class SkippingTestFramework(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    /// <summary>What the message of a <see cref="SkipException"/> begins with.</summary>
    private const string SkipToken = "$XunitDynamicSkip$";

    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName name, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(name, sources, diagnostics)
    {
        protected override void RunTestCases(IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink,
            ITestFrameworkExecutionOptions executionOptions) =>
            base.RunTestCases(testCases, new SkippingSink(executionMessageSink), executionOptions);
    }

    private sealed class SkippingSink(IMessageSink inner) : LongLivedMarshalByRefObject, IMessageSink
    {
        public bool OnMessage(IMessageSinkMessage message) => inner.OnMessage(
            message is ITestFailed { Messages: [{ } first, ..] } failed &&
            first.StartsWith(SkipToken, StringComparison.Ordinal)
                ? new TestSkipped(failed.Test, first[SkipToken.Length..])
                : message);
    }
}
