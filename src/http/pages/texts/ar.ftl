# Arabic. This translation has not been reviewed by a speaker of the language. A speaker who has read it to the end
# removes this line and the text `unreviewed`. docs/pages.md says how.

unreviewed = لم تُراجَع هذه الترجمة بعد. إذا وجدت خطأ فأخبر مشغّل هذا الخادم.
unnamed = تطبيق بلا اسم

## The sentences of the permissions

permission_user_read = تسجيل دخولك وقراءة ملفك الشخصي: الاسم والبريد الإلكتروني والمسمى الوظيفي وأرقام الهاتف والمكتب.
permission_calendars_read = قراءة تقويمك: ماذا ومتى وأين ومع من، وروابط الاجتماعات عبر الإنترنت.
permission_mail_read = البحث في بريدك الإلكتروني وقراءته.

## A day, and a time of day

day =
    { $month ->
        [1] { $day } يناير { $year }
        [2] { $day } فبراير { $year }
        [3] { $day } مارس { $year }
        [4] { $day } أبريل { $year }
        [5] { $day } مايو { $year }
        [6] { $day } يونيو { $year }
        [7] { $day } يوليو { $year }
        [8] { $day } أغسطس { $year }
        [9] { $day } سبتمبر { $year }
        [10] { $day } أكتوبر { $year }
        [11] { $day } نوفمبر { $year }
       *[12] { $day } ديسمبر { $year }
    }
moment = { $day }، { $time } UTC

## Buttons, which must fit on a telephone

button_allow = سماح
button_allow_again = السماح مرة أخرى
button_block = حظر
button_continue = متابعة
button_continue_as = المتابعة باسم { $name }
button_deny = رفض
button_end_connections = إنهاء كل الاتصالات
button_end_user = إنهاء كل اتصالات هذا المستخدم
button_refuse = رفض
button_return = العودة إلى التطبيق
button_review = مراجعة
button_revoke = إلغاء الإذن
button_revoke_all = إلغاء كل الأذونات
button_revoke_application =
    { $count ->
        [zero] لا اتصالات لهذا التطبيق لإلغائها
        [one] إلغاء اتصال هذا التطبيق
        [two] إلغاء اتصالَي هذا التطبيق
        [few] إلغاء اتصالات هذا التطبيق كلها ({ $count })
        [many] إلغاء اتصالات هذا التطبيق كلها ({ $count })
       *[other] إلغاء اتصالات هذا التطبيق كلها ({ $count })
    }
button_sign_in = تسجيل الدخول باستخدام Microsoft
button_sign_out = تسجيل الخروج هنا
button_switch = استخدام حساب آخر
button_unblock = رفع الحظر
button_undo = تراجع
button_undo_denials =
    { $count ->
        [zero] لا رفض للتراجع عنه في هذا المتصفح
        [one] التراجع عن رفض واحد في هذا المتصفح
        [two] التراجع عن رفضين في هذا المتصفح
        [few] التراجع عن { $count } حالات رفض في هذا المتصفح
        [many] التراجع عن { $count } حالة رفض في هذا المتصفح
       *[other] التراجع عن { $count } من حالات الرفض في هذا المتصفح
    }

## The questions: whether an application may act for the reader

consent_title = هل تسمح بالوصول؟
consent_question = هل تسمح لـ «{ $client }» بالعمل نيابة عنك؟
consent_explanation = يطلب هذا التطبيق استخدام { $server } بحسابك في Microsoft. اختار التطبيق اسمه بنفسه، ولم يتحقق منه أحد.
consent_next = بعد ذلك تسجّل الدخول باستخدام Microsoft.
consent_connections = اعرض ما سمحت به وألغِه
short_question = هل تتابع مع «{ $client }»؟
short_explanation = سمحت لـ «{ $client }» في { $day }.
confirmation_question = هل تسمح لـ «{ $client }» بالعمل نيابة عن { $name }؟
confirmation_explanation = سجّلت الدخول باسم { $name }. لم تسمح لهذا التطبيق بهذا الحساب بعد، أو ألغيت إذنه.
permissions = سيتمكن التطبيق من
permissions_added = يريد التطبيق الآن أيضًا
permissions_before = سمحت له من قبل بما يلي
return_to = ستُعاد بعد ذلك إلى
published_at = يصف التطبيق نفسه في { $host }.
published_warning = هذا لا يثبت من الذي يطلب: يمكن لأي برنامج على هذا الجهاز أن يدّعي أنه هو.
warning_loopback = هذا برنامج على حاسوبك. لا تسمح به إلا إذا كنت أنت من بدأ هذا الاتصال الآن.
warning_app = هذا يفتح تطبيقًا على هذا الجهاز. لا تسمح به إلا إذا كنت أنت من بدأ هذا الاتصال الآن.
warning_site = لا تسمح به إلا إذا كنت تعرف هذا الموقع وكنت أنت من بدأ هذا الاتصال الآن.

## After a denial

denied_title = مرفوض
denied_heading = لقد رفضت الوصول
denied_explanation = لا يحصل التطبيق على أي وصول. عُد إلى التطبيق حتى يتوقف عن الانتظار.
denied_returns = ستُعاد إلى التطبيق بعد بضع ثوانٍ.
denied_note = «{ button_return }» ينقلك إلى { $host }. «{ button_undo }» يسألك مرة أخرى. إذا لم تفعل أيًا منهما، تُرفض طلبات هذا التطبيق في هذا المتصفح لمدة 24 ساعة.
review_title = مرفوض اليوم
review_heading = رفضت اليوم تطبيقًا بهذا الاسم
review_explanation = يطلب «{ $client }» الوصول. له اسم وعنوان تطبيق رفضته، لكنه قد يكون تطبيقًا آخر.
review_note = «{ button_review }» يعرض ما يطلبه. ينتظر التطبيق حتى تقرر.

## Pages that go on by themselves

forwarding_sign_in = المتابعة إلى Microsoft لتسجيل الدخول
forwarding_return = العودة إلى التطبيق
forwarding_link = إذا لم يحدث شيء فتابع من هنا

## Your connections

signed_in_as = سجّلت الدخول باسم { $name }.
returns_to = يعود إلى { $hosts }.
returns_to_more = يعود إلى { $hosts } و{ $more } غيرها.
described_at = يصف نفسه في { $host }.
connections_title = اتصالاتك
connections_sign_in = سجّل الدخول لعرض التطبيقات التي يجوز لها العمل نيابة عنك ولإلغاء إذنها.
connections_list = يجوز لهذه التطبيقات العمل نيابة عنك:
connections_none = لا يجوز لأي تطبيق العمل نيابة عنك.
connections_note = التطبيق الذي تلغي إذنه يفقد الوصول خلال 30 ثانية على كل الأجهزة. وإذا اتصل من جديد فستُسأل من جديد.
connection_since = سُمح به في { $time }.
connection_used =
    { $devices ->
        [zero] دون أي جهاز. آخر تجديد في { $time }.
        [one] على جهاز واحد. آخر تجديد في { $time }.
        [two] على جهازين. آخر تجديد في { $time }.
        [few] على { $devices } أجهزة. آخر تجديد في { $time }.
        [many] على { $devices } جهازًا. آخر تجديد في { $time }.
       *[other] على { $devices } جهاز. آخر تجديد في { $time }.
    }
connection_unused = غير مستخدم الآن.
connection_addresses = يتصل بـ { $addresses }.
connection_remembered = في المرة القادمة يظهر لك سؤال قصير بلا قائمة الأذونات.
entra_clients = تطبيقات تسمح بها مؤسستك
entra_clients_explanation = تسمح مؤسستك لهذه التطبيقات بالعمل نيابة عنك هنا. وهي تسجّل دخولك لدى Microsoft بنفسها، ولذلك لم يسألك هذا الخادم.
entra_clients_note = التطبيق المرفوض يفقد الوصول خلال 30 ثانية. وإذا سمحت به من جديد فهو يحتاج إلى رمز مميز جديد، وقد يستغرق ذلك ما يصل إلى 90 دقيقة.
entra_client = التطبيق { $application }
entra_client_called = أول استخدام في { $first }، وآخر استخدام في { $last }.
entra_client_refused = لقد رفضته.

## The operator's page

operator_title = المشغّل
operator_sign_in = سجّل الدخول لعرض التطبيقات التي تستخدم هذا الخادم وحظرها. يحتاج حسابك إلى الدور Admin.
operator_explanation = تُسجَّل إجراءاتك هنا بمعرّف الكائن الخاص بك، وتسري في كل مكان خلال دقيقة.
applications = التطبيقات
applications_none = لا تطبيقات هنا.
applications_more = مزيد من التطبيقات
registration = التسجيل { $id }.
known_since = معروف منذ { $time }.
used =
    { $days ->
        [zero] لم يُستخدم في أي يوم، وآخر مرة في { $time }.
        [one] استُخدم في يوم واحد، وآخر مرة في { $time }.
        [two] استُخدم في يومين، وآخر مرة في { $time }.
        [few] استُخدم في { $days } أيام، وآخر مرة في { $time }.
        [many] استُخدم في { $days } يومًا، وآخر مرة في { $time }.
       *[other] استُخدم في { $days } يوم، وآخر مرة في { $time }.
    }
never_used = لم يُستخدم قط.
is_blocked = محظور.
entra_applications = تطبيقات تحصل على رموزها المميزة من Entra
entra_application = معرّف التطبيق { $id }.
blocks = حالات الحظر
blocks_none = لا شيء محظور.
blocked_since = منذ { $time }: { $target }.
target_registration = التسجيل { $value }
target_document = التطبيق الذي يصف نفسه في { $value }
target_document_host = التطبيقات التي تصف نفسها في { $value }
target_redirect_host = التطبيقات التي تعود إلى { $value }
target_entra_application = التطبيق { $value } في Entra
block_kind = ما الذي يُحظر
block_redirect_host = التطبيقات التي تعود إلى هذا المضيف
block_document_host = التطبيقات التي تصف نفسها لدى هذا المضيف
block_document = التطبيق الذي يصف نفسه في عنوان URL هذا
block_registration = التسجيل الذي له معرّف العميل هذا
block_entra_application = التطبيق الذي له هذا المعرّف في Entra
block_value = مضيف أو عنوان URL أو معرّف
users = المستخدمون
user_id = معرّف كائن المستخدم في Entra
records = ما فعله المشغّلون
records_none = لا قرارات هنا.
records_earlier = قرارات سابقة
record_blocked = { $time }: حظر { $operator } ما يلي: { $target }.
record_unblocked = { $time }: رفع { $operator } الحظر عما يلي: { $target }.
record_ended_application = { $time }: أنهى { $operator } كل اتصالات ما يلي: { $target }.
record_ended_user = { $time }: أنهى { $operator } كل اتصالات المستخدم ذي المفتاح { $user }.
record_uncertain = ربما لم يصبح ذلك نافذًا.

## Errors: the problem, and what to do

detail = التفاصيل (بالإنجليزية):
leads_elsewhere = ينقلك الزر إلى { $host }. لا يعرف هذا الخادم ذلك العنوان. لا تضغط الزر إلا إذا كنت تثق بهذا العنوان.
connect_again = اتصل من جديد من التطبيق.
open_again = افتح { $path } من جديد.
incomplete_title = النموذج غير مكتمل
decision_title = لم يُقبل قرارك
decision_foreign = لم يُرسل من صفحة هذا الخادم نفسها. اتصل من جديد من التطبيق.
decision_forged = لا يخص الصفحة التي فتحها هذا المتصفح. اتصل من جديد من التطبيق.
cookie_title = لم يحتفظ متصفحك بملف تعريف ارتباط هذه الصفحة
cookie = اسمح بملفات تعريف الارتباط لهذا الموقع. لا تفتح الصفحة في متصفح آخر.
expired_title = هذه الصفحة قديمة جدًا
expired = تنتهي صلاحيتها بعد عشر دقائق، أو عندما تفتح خمس صفحات أخرى مثلها. اتصل من جديد من التطبيق.
completed_title = اكتمل تسجيل الدخول هذا من قبل
completed = يمكنك إغلاق هذه الصفحة والعودة إلى التطبيق. وإذا ظل التطبيق ينتظر فاتصل من جديد من التطبيق.
decided_title = لقد قررت من قبل
decided = استُخدمت هذه الصفحة من قبل. لتقرر من جديد، اتصل من جديد من التطبيق.
unavailable_title = غير متاح مؤقتًا
unavailable = خدمة يعتمد عليها هذا الخادم لا تستجيب. حاول مرة أخرى بعد بضع ثوانٍ.
invalid_title = طلب التطبيق غير صالح
invalid = لا يستطيع هذا الخادم الاستجابة لطلب التطبيق.
invalid_advice = أغلق هذه الصفحة وحاول الاتصال من جديد من التطبيق.
invalid_query = رفضه هذا الخادم: صيغة سلسلة الاستعلام في العنوان غير سليمة.
invalid_redirect = رفضه هذا الخادم: عنوان إعادة التوجيه ليس من العناوين التي سجّلها التطبيق.
invalid_parameter = رفضه هذا الخادم: المعلمة { $name } مفقودة أو مكررة.
invalid_document = رفضه هذا الخادم: الوصف الذي ينشره التطبيق غير صالح.
not_allowed_title = لا يجوز استخدام هذا التطبيق هنا
not_allowed_host = يصف نفسه في موقع لا يسمح به مشغّل هذا الخادم. اطلب من المشغّل أن يسمح به.
not_allowed_blocked = حظره مشغّل هذا الخادم. اسأل المشغّل إذا كنت تحتاج إليه.
lookup_title = تعذّر الحصول على بيانات هذا التطبيق
lookup = لم يستطع هذا الخادم قراءة الوصف الذي ينشره التطبيق. حاول الاتصال من جديد بعد دقيقة. وإذا لم يفد ذلك فأخبر صانعي التطبيق.
unknown_title = هذا التطبيق غير مسجّل هنا
unknown = انتهت صلاحية تسجيله، أو أنه مسجّل لدى خادم آخر. لتسجيله من جديد:
unknown_vscode = VS Code: شغّل «Authentication: Remove Dynamic Authentication Providers»، ثم شغّل الخادم من جديد.
unknown_claude = Claude: أزل الموصّل من Settings, Connectors، ثم أضفه من جديد.
unknown_chatgpt = ChatGPT: احذف التطبيق من Settings, Apps، ثم أنشئه من جديد.
unknown_inspector = MCP Inspector: امسح حالة OAuth في إعدادات الخادم، ثم اتصل من جديد.
unknown_gemini = Gemini CLI: شغّل «{ "\u2068/mcp auth NAME\u2069" }».
unknown_copilot = Copilot CLI: اضغط Esc، وشغّل «copilot mcp remove NAME»، ثم أضف الخادم من جديد.
unknown_mcp_remote = mcp-remote: احذف المجلد { "\u2068~/.mcp-auth\u2069" }، ثم شغّل mcp-remote من جديد.
unknown_others = غيرها: سجّل الخروج من هذا الخادم في التطبيق، أو احذف ما خزّنه التطبيق عنه، ثم اتصل من جديد.
sign_in_unknown_title = تسجيل الدخول هذا غير معروف أو قديم جدًا
sign_in_again = افتح { $path } وسجّل الدخول من جديد.
not_signed_in_title = لم تسجّل الدخول
not_signed_in = افتح { $path } وحاول مرة أخرى.
not_operator_title = لست مشغّلًا لهذا الخادم
not_operator = ليس لحسابك الدور Admin. يمكن لمسؤول Microsoft Entra ID أن يمنحك إياه: تطبيقات المؤسسة، ثم هذا التطبيق، ثم المستخدمون والمجموعات. بعد ذلك افتح { "\u2068/operator\u2069" } من جديد.
other_browser_title = بدأ تسجيل الدخول هذا في متصفح آخر
other_browser = ألغاه هذا الخادم، لأن المتصفح الذي سمح به هو وحده الذي يجوز له إكماله. إذا كان هو هذا المتصفح فاسمح بملفات تعريف الارتباط لهذا الموقع واتصل من جديد من التطبيق.
interrupted_title = انقطع تسجيل الدخول هذا
interrupted = إذا لم يتابع التطبيق خلال بضع ثوانٍ فاتصل من جديد من التطبيق.
still_refused_title = مؤسستك لا تسمح بهذا بعد
still_refused = سجّلت الدخول من جديد، وما زال Microsoft Entra ID لا يسمح لهذا التطبيق بالعمل نيابة عنك. هناك سياسة تطلب المزيد (الوصول المشروط). يمكن لمسؤول Microsoft Entra ID تغييرها. بعد ذلك اتصل من جديد من التطبيق.
organisation_title = مؤسستك تحظر تسجيل الدخول هذا
organisation_policy = سياسة وصول مشروط لا تسمح لك بتسجيل الدخول من هذا المكان أو الجهاز أو التطبيق. تسجيل الدخول من جديد لا يفيد. اسأل مسؤول مؤسستك، فهو يستطيع رؤية السياسة في سجل تسجيل الدخول.
organisation_assignment = لا يجوز تسجيل الدخول إلا للمستخدمين المعيّنين لهذا التطبيق، ولست منهم. تسجيل الدخول من جديد لا يفيد. اطلب من مسؤول مؤسستك أن يعيّنك.
organisation_consent = يحتاج هذا التطبيق إلى إذن لا يمنحه إلا مسؤول. تسجيل الدخول من جديد لا يفيد. اطلب من مسؤول مؤسستك أن يوافق عليه.
admin_consent_title = عدت من Microsoft
admin_consent = أعادتك Microsoft إلى هنا. إذا كنت قد وافقت هناك، فيمكن للناس في مؤسستك الاتصال الآن: اطلب منهم الاتصال من جديد من تطبيقهم.
admin_consent_unknown = لا تستطيع هذه الصفحة أن ترى هل مُنحت الموافقة. يعرض ذلك مركز إدارة Entra، في تطبيقات المؤسسة، الأذونات.
request_title = لم يُقبل طلبك
request_foreign = لا يخص الصفحة التي فتحها هذا المتصفح. افتح { $path } من جديد.
target_title = لا يمكن حظر هذا
target = أدخل مضيفًا مثل client.example دون { "\u2068https://\u2069" } ودون منفذ؛ أو عنوان URL الكامل لمستند بيانات وصفية؛ أو معرّف العميل لتسجيل؛ أو معرّف تطبيق في Entra.
object_id_title = هذا ليس معرّف كائن
object_id = أدخل معرّف كائن المستخدم. يعرضه مركز إدارة Entra في صفحة المستخدم.
repeated_title = أُرسل هذا النموذج من قبل
repeated = لا أثر له في المرة الثانية. افتح { "\u2068/operator\u2069" } من جديد لترى ما هو محظور الآن.
full_title = هناك إدخالات كثيرة جدًا
full = يمكن أن توجد 500 حالة حظر على الأكثر. وخلال 90 يومًا يمكن إنهاء اتصالات 500 تطبيق على الأكثر. ارفع حظرًا لم يعد لازمًا، أو سمِّ مضيفًا بدلًا من تطبيقات مفردة.
too_many_title = طلبات كثيرة جدًا
too_many = جاءت من شبكتك طلبات كثيرة جدًا. حاول مرة أخرى لاحقًا.
too_many_of_yours = أرسلت طلبات كثيرة جدًا. حاول مرة أخرى بعد دقيقة.
too_many_lookups = طُلبت بيانات تطبيقات كثيرة جدًا. حاول مرة أخرى بعد دقيقة.
body_title = الطلب غير صالح
body_too_large = رفضه هذا الخادم: إنه كبير جدًا.
body_late = رفضه هذا الخادم: لم يصل في الوقت المحدد.
body_incomplete = رفضه هذا الخادم: إنه غير مكتمل.
busy_title = حاول مرة أخرى
busy = لدى هذا الخادم أعمال كثيرة جدًا. حاول مرة أخرى بعد بضع ثوانٍ.
