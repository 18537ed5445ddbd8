//! What the logbook says about archives, in German; the English is the importer's own.

use crate::importers::archive::{DECLARED_MAX, Fault, MEMBERS_MAX, NameFault, RATIO_MAX};

pub fn german(fault: Fault) -> String {
    let text = match fault {
        Fault::Encrypted => {
            "eine Datei im Archiv ist verschlüsselt; entpacken Sie es mit dem Passwort und senden Sie ein Archiv ohne"
        }
        Fault::Nested => {
            "im Archiv liegt ein Archiv; entpacken Sie es und packen Sie die Auszüge in ein einziges Archiv"
        }
        Fault::TooManyMembers => {
            return format!("das Archiv enthält mehr als {MEMBERS_MAX} Dateien; senden Sie mehrere Archive");
        }
        Fault::Name(fault) => {
            let what = name(fault);
            return format!(
                "{what} im Namen einer Datei des Archivs; solche Namen werden nicht gelesen, benennen Sie die Datei um"
            );
        }
        Fault::TooLarge => {
            let size = DECLARED_MAX / 1024 / 1024;
            return format!("die Dateien im Archiv haben zusammen mehr als {size} MiB; senden Sie mehrere Archive");
        }
        Fault::Ratio => {
            return format!(
                "eine Datei wird beim Entpacken mehr als {RATIO_MAX}-mal so groß; kein Auszug tut das, sie wird nicht gelesen"
            );
        }
        Fault::SizeLie => {
            "eine Datei im Archiv hat eine andere Größe, als das Archiv angibt; sie wird nicht gelesen, packen Sie neu"
        }
        Fault::Duplicate => "zwei Dateien im Archiv heißen gleich; benennen Sie eine um",
        Fault::NoFile => {
            "ein Eintrag des Archivs ist ein Verweis oder Gerät und keine Datei; packen Sie die Dateien selbst"
        }
        Fault::Overlap => "zwei Dateien im Archiv liegen übereinander; es wird nicht gelesen, packen Sie neu",
        Fault::MultiDisk => {
            "das Archiv ist ein Teil von mehreren; fügen Sie die Teile zusammen oder senden Sie es in einem Stück"
        }
        Fault::Zip64 => "das Archiv hat das Format ZIP64, das Auszüge nicht brauchen; packen Sie es ohne",
        Fault::Compression(method) => {
            return format!(
                "eine Datei ist mit dem Verfahren {method} gepackt; gelesen werden nur 'stored' und 'deflate', packen Sie neu"
            );
        }
        Fault::Truncated => "das Archiv endet mittendrin; rufen Sie es erneut ab oder senden Sie es erneut",
        Fault::Damaged(_) => "das Archiv ist beschädigt; rufen Sie es erneut ab oder packen Sie neu",
    };
    text.to_owned()
}

const fn name(fault: NameFault) -> &'static str {
    match fault {
        NameFault::Empty => "es steht nichts",
        NameFault::TooLong => "es stehen zu viele Zeichen",
        NameFault::NotUtf8 => "es stehen Zeichen, die nicht UTF-8 sind,",
        NameFault::Control => "es steht NUL oder ein anderes Steuerzeichen",
        NameFault::Backslash => "es steht ein Backslash",
        NameFault::Absolute => "es steht ein Pfad ab der Wurzel",
        NameFault::Drive => "es steht ein Laufwerksbuchstabe",
        NameFault::Parent => "es steht '..'",
    }
}
