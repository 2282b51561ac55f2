using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AttentionCluster.House.Tests.Sources;

/// <summary>The sources of one project, compiled, so that every name in them can be asked which type it means.</summary>
internal sealed class SourceProject
{
    private const string Configuration =
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private static readonly CSharpParseOptions s_parsing = new(LanguageVersion.Latest, DocumentationMode.None);

    private SourceProject(string folder, CSharpCompilation compilation) => (Folder, Compilation) = (folder, compilation);

    /// <summary>Where it is.</summary>
    internal string Folder { get; }

    /// <summary>Its sources and what they use.</summary>
    internal CSharpCompilation Compilation { get; }

    /// <summary>Reads a project of <c>src</c>, with the messages that its build has generated.</summary>
    /// <param name="project">Its short name.</param>
    internal static SourceProject Load(string project)
    {
        string folder = SourceTree.FolderOf(project);
        string generated = Path.Combine(folder, "obj", Configuration);
        IEnumerable<string> messages = Directory.Exists(generated)
            ? Directory.EnumerateFiles(generated, "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains(".AssemblyInfo", StringComparison.Ordinal))
            : [];
        return Compile($"AttentionCluster.{project}", folder, [.. SourceTree.WrittenFiles(folder).Concat(messages).Select(Parse)]);
    }

    /// <summary>Compiles sources that are no files.</summary>
    /// <param name="files">Paths, of which the folders count, and texts.</param>
    internal static SourceProject Of(params (string Path, string Text)[] files) =>
        Compile("InMemory", "/", [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, s_parsing, "/" + file.Path))]);

    /// <summary>The folder of a file within the project, with slashes; empty for the project's own.</summary>
    internal string FolderOf(string file) =>
        Path.GetDirectoryName(Path.GetRelativePath(Folder, file))!.Replace(Path.DirectorySeparatorChar, '/');

    private static SyntaxTree Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file), s_parsing, file);

    private static SourceProject Compile(string assembly, string folder, IReadOnlyList<SyntaxTree> trees)
    {
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != assembly && Path.GetExtension(path) == ".dll")
            .Select(path => MetadataReference.CreateFromFile(path));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable);
        return new SourceProject(folder, CSharpCompilation.Create(assembly, trees, references, options));
    }
}
